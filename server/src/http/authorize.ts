import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { httpProblem, type Account, type Accounts } from "../security/accounts.js";
import { UNKNOWN_TOKEN_PROBLEM } from "../security/wording.js";
import { certificateNameOf } from "../security/certificates.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { LoginSessions } from "../security/login-sessions.js";
import { HttpError } from "./errors.js";
import type { Ingress } from "./ingress.js";
import { sessionIdOf } from "./session-cookie.js";
import { assignClient } from "./client-limits.js";

/** The person or program that sent an authorized request. */
export interface Visitor {
  /** The account that sent the request; undefined while the server has no accounts. */
  readonly account?: Account;
  /** Whether the session, token or account that authorized the request is still valid. */
  isAuthorized(): boolean;
}

/**
 * Authenticates a request by its `Authorization` header, session cookie or client certificate. Resolves to undefined
 * when none of them is valid.
 */
export type AuthenticateRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<Visitor | undefined>;

/** Prefix of the routes with the translated texts of the dashboard, which the login page needs. */
const TEXTS_ROUTE_PREFIX = "/messages-";

/** Routes that need no account. A check by route also covers other spellings of a path, such as encoded characters. */
const PUBLIC_ROUTES = new Set([
  "/healthz",
  "/readyz",
  "/login",
  "/login.html",
  "/login.js",
  "/login.css",
  "/icon.svg",
  "/api/login",
  "/api/logout",
  "/api/session",
  "/api/first-administrator",
]);

/** Routes that only administrators may use, also for reading. */
const ADMIN_ROUTES = /^\/api\/(users|login-sessions|rejections|flashing)(\/|$)/;

const LOG_IN_HINT = "Log in first, or send a token as `Authorization: Bearer …`.";

const visitors = new WeakMap<FastifyRequest, Account>();

/** Returns the account that sent an authorized request; undefined while the server needs no account. */
export function accountOf(request: FastifyRequest): Account | undefined {
  return visitors.get(request);
}

/**
 * Interval in ms at which open responses, such as event streams, are closed if their client is no longer authorized.
 */
const CHECK_INTERVAL = 2000;

/** Returns a function that authenticates requests by token, session, password or client certificate. */
export function createRequestAuthenticator(
  accounts: Accounts,
  sessions: LoginSessions,
  check: PasswordCheck,
): AuthenticateRequest {
  function bySession(request: FastifyRequest): Visitor | undefined {
    const id = sessionIdOf(request);
    const account = id === undefined ? undefined : sessions.touch(id);
    return account && { account, isAuthorized: () => sessions.touch(id!) !== undefined };
  }

  function byCertificate({ raw }: FastifyRequest): Visitor | undefined {
    const name = certificateNameOf(raw.socket);
    const account = name === undefined ? undefined : accounts.findByName(name);
    return account && { account, isAuthorized: () => accounts.findByName(name!) === account };
  }

  return async (request, reply) => {
    const { authorization } = request.headers;
    if (authorization === undefined) return bySession(request) ?? byCertificate(request);
    const [, scheme, credentials] = /^(\w+) +([\w~+/.=-]+)$/.exec(authorization) ?? [];
    switch (scheme?.toLowerCase()) {
      case "bearer": {
        const account = accounts.authenticateToken(credentials);
        return account && { account, isAuthorized: () => accounts.authenticateToken(credentials) === account };
      }
      // Basic authentication (RFC 7617) for curl and Prometheus; no response asks for it, so browsers show no password
      // prompt.
      case "basic": {
        const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, "base64").toString()) ?? [];
        if (password === undefined) return undefined;
        const verdict = await check(request.ip, name, password);
        if (verdict.wait !== undefined) throw createTooManyAttemptsError(reply, verdict.wait);
        const { account } = verdict;
        return account && { account, isAuthorized: () => accounts.findByName(name) === account };
      }
      default:
        return undefined;
    }
  };
}

/**
 * Sets `Retry-After` and creates the error 429 for too many wrong passwords. The error is the same for unknown users.
 * @param wait how long the client must wait, in seconds
 * @param what plural noun for the message, such as "passwords" or "codes"
 */
export function createTooManyAttemptsError(reply: FastifyReply, wait: number, what = "passwords"): HttpError {
  void reply.header("retry-after", wait);
  return new HttpError(429, `There were too many wrong ${what}; try again in ${wait} s.`);
}

/**
 * Requires an account for every route that is not public. Admins may do everything, readers may only read, and boards
 * may do nothing. Users whom Home Assistant has logged in have the role in the setting `ingress`. Closes open responses,
 * such as event streams, when their account loses its rights.
 */
export function requireAuthorization(
  app: FastifyInstance,
  accounts: Accounts,
  identify: AuthenticateRequest,
  ingress: Ingress,
): void {
  const everybody: Visitor = { isAuthorized: () => !accounts.isLoginRequired };
  const open = new Map<ServerResponse, Visitor>();
  const timer = setInterval(() => {
    for (const [response, visitor] of open) if (!visitor.isAuthorized()) response.destroy();
  }, CHECK_INTERVAL);
  app.addHook("preClose", async () => clearInterval(timer));

  app.addHook("onRequest", async (request, reply) => {
    const route = request.routeOptions.url ?? "";
    if (PUBLIC_ROUTES.has(route) || route.startsWith(TEXTS_ROUTE_PREFIX)) return;
    const visitor =
      ingress.visitorOf(request) ?? (accounts.isLoginRequired ? await identify(request, reply) : everybody);
    if (!visitor) {
      // A relative URL works behind a reverse proxy with a base path. The part of the old URL after # is not lost,
      // because the browser adds this part to the new URL.
      if (route === "/" || route === "/index.html") return reply.redirect("login");
      const token = bearerTokenOf(request);
      // Name the error only if the request contained a token (RFC 6750, section 3.1).
      reply.header("www-authenticate", `Bearer realm="nightlight"${token ? ', error="invalid_token"' : ""}`);
      throw new HttpError(401, token ? (accounts.tokenProblem?.(token) ?? UNKNOWN_TOKEN_PROBLEM) : LOG_IN_HINT);
    }
    const problem = visitor.account ? forbiddenReason(visitor.account, request.method, route) : "";
    if (problem) throw new HttpError(403, problem);
    assignClient(request, visitor.account);
    if (visitor.account) visitors.set(request, visitor.account);
    open.set(reply.raw, visitor);
    reply.raw.once("close", () => open.delete(reply.raw));
  });
}

function bearerTokenOf({ headers }: FastifyRequest): string | undefined {
  return /^bearer +([\w~+/.=-]+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Returns why an account may not use an HTTP method of a route; "" when it may. */
function forbiddenReason(account: Account, method: string, route: string): string {
  const { name, role } = account;
  if (role === "admin") return "";
  const problem = httpProblem(account);
  if (problem) return problem;
  if (ADMIN_ROUTES.test(route)) return `"${name}" has the role "${role}"; only administrators may use this.`;
  if (method === "GET" || method === "HEAD") return "";
  return `"${name}" has the role "reader", which may read everything and change nothing.`;
}
