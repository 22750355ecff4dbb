import type { FastifyInstance } from "fastify";
import type { Fields } from "../../../contract/index.js";
import type { Log } from "../observability/log.js";
import type { Accounts } from "../security/accounts.js";
import type { LoginSessions } from "../security/login-sessions.js";
import { createTooManyAttemptsError } from "./authorize.js";
import { HttpError } from "./errors.js";
import { withUserErrors, type People } from "./people.js";
import { parseBody } from "./request-body.js";
import { originOf, setSessionCookie } from "./session-cookie.js";

/** Fields of the body of `POST /api/first-administrator`. */
export const FIRST_ADMINISTRATOR_FIELDS = {
  code: { type: "string", required: true, maxLength: 64 },
  name: { type: "string", required: true, maxLength: 256 },
  password: { type: "string", required: true, maxLength: 4096 },
} as const satisfies Fields;

/** The parts of the server that the route uses. */
export interface FirstAdministratorSources {
  readonly people: People | undefined;
  readonly accounts: Accounts;
  readonly sessions: LoginSessions;
  readonly log: Log;
}

/**
 * Adds `POST /api/first-administrator`, which needs no account but the one-time code from the log. The response logs
 * the administrator in.
 */
export function addFirstAdministratorRoute(
  app: FastifyInstance,
  { people, accounts, sessions, log }: FirstAdministratorSources,
): void {
  app.post("/api/first-administrator", async (request, reply) => {
    const { code, name, password } = parseBody(FIRST_ADMINISTRATOR_FIELDS, request.body, "No account was created");
    if (!people) throw new HttpError(409, ANONYMOUS_PROBLEM);
    const result = await withUserErrors(() => people.firstAdministrator.create(request.ip, code, name, password));
    if (result === "wrong-code") {
      log.warn("security", `Refused to create the first administrator from ${request.ip}: wrong code.`, {
        address: request.ip,
      });
      throw new HttpError(
        401,
        "The code is wrong. The newest code is in the log of the server; each start makes another.",
      );
    }
    if (result !== "created") throw createTooManyAttemptsError(reply, result.wait, "codes");
    log.info("security", `${name} was created as the first administrator from ${request.ip}.`, {
      user: name,
      address: request.ip,
    });
    const account = accounts.findByName(name);
    if (account) setSessionCookie(request, reply, sessions.create(account, originOf(request)));
    await sessions.whenStored();
    return reply.code(201).send({ name, role: "admin", required: accounts.isLoginRequired });
  });
}

/** Why a server that runs with `--anonymous` refuses to show and change accounts. */
export const ANONYMOUS_PROBLEM =
  "This server runs with --anonymous, so accounts have no effect; start it without to manage accounts.";
