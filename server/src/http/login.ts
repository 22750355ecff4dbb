import type { FastifyInstance } from "fastify";
import { COMMAND_NAME } from "../common/command-name.js";
import { httpProblem, type Account, type Accounts } from "../security/accounts.js";
import type { EndReason } from "../security/login-record.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { LoginSessions } from "../security/login-sessions.js";
import type { Log } from "../observability/log.js";
import { createTooManyAttemptsError, type AuthenticateRequest } from "./authorize.js";
import { HttpError } from "./errors.js";
import type { Ingress } from "./ingress.js";
import type { People } from "./people.js";
import { originOf, sessionIdOf, setSessionCookie } from "./session-cookie.js";

/** The answer of `GET /api/session` and `POST /api/login`. */
export interface LoginSessionView {
  /** The user name; null when nobody is logged in. */
  readonly name: string | null;
  readonly role: Account["role"] | null;
  /** Whether the server has accounts, so that people must log in. */
  readonly required: boolean;
  /** Whether nobody has an account, so that the first administrator can be created; left out otherwise. */
  readonly first_administrator_missing?: true;
  /** Whether Home Assistant has logged the user in, so that nobody can log out here; left out otherwise. */
  readonly ingress?: true;
  /** Why the session of the request has ended; left out if the request has no session, or a valid one. */
  readonly ended?: EndReason;
  /** The command that manages accounts on the server's computer; left out unless somebody must log in. */
  readonly command?: string;
}

/** The parts of the server that the login routes use. */
export interface LoginSources {
  readonly accounts: Accounts;
  readonly sessions: LoginSessions;
  /** The users that administrators can manage; undefined when the server runs with `--anonymous`. */
  readonly people: People | undefined;
  readonly check: PasswordCheck;
  readonly identify: AuthenticateRequest;
  readonly ingress: Ingress;
  readonly log: Log;
}

/** Adds `POST /api/login`, `POST /api/logout` and `GET /api/session`, which need no account. */
export function addLoginRoutes(
  app: FastifyInstance,
  { accounts, sessions, people, check, identify, ingress, log }: LoginSources,
): void {
  const viewOf = (account: Account | undefined): LoginSessionView => ({
    name: account?.name ?? null,
    role: account?.role ?? null,
    required: accounts.isLoginRequired,
    ...(people?.firstAdministrator.isMissing && { first_administrator_missing: true }),
    ...(accounts.isLoginRequired && !account && { command: COMMAND_NAME }),
  });

  app.get("/api/session", async (request, reply) => {
    const guest = ingress.visitorOf(request);
    if (guest) {
      const { name, role } = guest.account;
      return { name, role, required: accounts.isLoginRequired, ingress: true } satisfies LoginSessionView;
    }
    const account = accounts.isLoginRequired ? (await identify(request, reply))?.account : undefined;
    const id = sessionIdOf(request);
    const ended = accounts.isLoginRequired && !account && id !== undefined ? sessions.endReasonOf(id) : undefined;
    return { ...viewOf(account), ...(ended && { ended }) };
  });

  app.post("/api/login", async (request, reply) => {
    if (!accounts.isLoginRequired) return viewOf(undefined);
    const { name, password } = (request.body ?? {}) as { name?: unknown; password?: unknown };
    if (typeof name !== "string" || typeof password !== "string")
      throw new HttpError(400, 'Log in with {"name": "…", "password": "…"}.');
    const verdict = await check(request.ip, name, password);
    if (verdict.wait !== undefined) throw createTooManyAttemptsError(reply, verdict.wait);
    const { account } = verdict;
    if (!account) throw new HttpError(401, "The name or the password is wrong.");
    const problem = httpProblem(account);
    if (problem) throw new HttpError(403, problem);
    // Always create a new session id: an attacker may have set the browser's cookie (session fixation).
    const before = sessionIdOf(request);
    if (before !== undefined) sessions.logOut(before);
    setSessionCookie(request, reply, sessions.create(account, originOf(request)));
    await sessions.whenStored();
    log.info("http", `${name} logged in from ${request.ip}.`, { user: name, address: request.ip });
    return viewOf(account);
  });

  app.post("/api/logout", async (request, reply) => {
    const id = sessionIdOf(request);
    const account = id === undefined ? undefined : sessions.logOut(id);
    await sessions.whenStored();
    if (account) log.info("http", `${account.name} logged out.`, { user: account.name, address: request.ip });
    setSessionCookie(request, reply, undefined);
    return reply.code(204).send();
  });
}
