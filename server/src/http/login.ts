import type { FastifyInstance } from "fastify";
import type { Account, Accounts } from "../security/accounts.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { LoginSessions } from "../security/login-sessions.js";
import type { Log } from "../observability/log.js";
import { tooSoon, type Identify } from "./authorize.js";
import { HttpError } from "./errors.js";
import { sessionOf, setSession } from "./sessions.js";

/** Who the page is for. */
interface SessionView {
  /** Null when nobody is logged in. */
  readonly name: string | null;
  readonly role: Account["role"] | null;
  /** Whether somebody has to be. */
  readonly required: boolean;
}

/** What logging in needs. */
export interface LoginSources {
  readonly accounts: Accounts;
  readonly sessions: LoginSessions;
  readonly check: PasswordCheck;
  readonly identify: Identify;
  readonly log: Log;
}

/** Adds `POST /api/login`, `POST /api/logout` and `GET /api/session`, which anybody may use. */
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
    if (verdict.wait !== undefined) throw tooSoon(reply, verdict.wait);
    const { account } = verdict;
    if (!account) throw new HttpError(401, "The name or the password is wrong.");
    if (account.role === "device")
      throw new HttpError(403, `"${name}" is a board's user, who has no rights over HTTP.`);
    // never the session that the browser came with: somebody else may have put its cookie there
    const before = sessionOf(request);
    if (before !== undefined) sessions.end(before);
    setSession(request, reply, sessions.begin(account));
    log.info("http", `${name} logged in from ${request.ip}.`, { user: name, address: request.ip });
    return viewOf(account);
  });

  app.post("/api/logout", (request, reply) => {
    const id = sessionOf(request);
    const account = id === undefined ? undefined : sessions.end(id);
    if (account) log.info("http", `${account.name} logged out.`, { user: account.name, address: request.ip });
    setSession(request, reply, undefined);
    return reply.code(204).send();
  });
}
