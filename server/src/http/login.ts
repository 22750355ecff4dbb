import type { FastifyInstance } from "fastify";
import type { Account, Accounts } from "../security/accounts.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { LoginSessions } from "../security/login-sessions.js";
import type { Log } from "../observability/log.js";
import { tooManyAttempts, type Identify } from "./authorize.js";
import { HttpError } from "./errors.js";
import { sessionIdOf, setSessionCookie } from "./session-cookie.js";

/** The answer of `GET /api/session` and `POST /api/login`. */
interface SessionView {
  /** The user name; null when nobody is logged in. */
  readonly name: string | null;
  readonly role: Account["role"] | null;
  /** Whether the server has accounts, so that people must log in. */
  readonly required: boolean;
}

/** The parts of the server that the login routes use. */
export interface LoginSources {
  readonly accounts: Accounts;
  readonly sessions: LoginSessions;
  readonly check: PasswordCheck;
  readonly identify: Identify;
  readonly log: Log;
}

/** Adds `POST /api/login`, `POST /api/logout` and `GET /api/session`, which need no account. */
export function loginRoutes(app: FastifyInstance, { accounts, sessions, check, identify, log }: LoginSources): void {
  const viewOf = (account: Account | undefined): SessionView => ({
    name: account?.name ?? null,
    role: account?.role ?? null,
    required: accounts.required,
  });

  app.get("/api/session", async (request, reply) =>
    viewOf(accounts.required ? (await identify(request, reply))?.account : undefined),
  );

  app.post("/api/login", async (request, reply) => {
    if (!accounts.required) return viewOf(undefined);
    const { name, password } = (request.body ?? {}) as { name?: unknown; password?: unknown };
    if (typeof name !== "string" || typeof password !== "string")
      throw new HttpError(400, 'Log in with {"name": "…", "password": "…"}.');
    const verdict = await check(request.ip, name, password);
    if (verdict.wait !== undefined) throw tooManyAttempts(reply, verdict.wait);
    const { account } = verdict;
    if (!account) throw new HttpError(401, "The name or the password is wrong.");
    if (account.role === "device")
      throw new HttpError(
        403,
        `"${name}" is the account of a board, which has no rights over HTTP; use another account.`,
      );
    // always create a new session id: an attacker may have set the browser's cookie (session fixation)
    const before = sessionIdOf(request);
    if (before !== undefined) sessions.end(before);
    setSessionCookie(request, reply, sessions.create(account));
    log.info("http", `${name} logged in from ${request.ip}.`, { user: name, address: request.ip });
    return viewOf(account);
  });

  app.post("/api/logout", (request, reply) => {
    const id = sessionIdOf(request);
    const account = id === undefined ? undefined : sessions.end(id);
    if (account) log.info("http", `${account.name} logged out.`, { user: account.name, address: request.ip });
    setSessionCookie(request, reply, undefined);
    return reply.code(204).send();
  });
}
