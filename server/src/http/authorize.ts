import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { UNKNOWN_TOKEN, type Account, type Accounts } from "../security/accounts.js";
import { certificateName } from "../security/certificates.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { LoginSessions } from "../security/login-sessions.js";
import { HttpError } from "./errors.js";
import { sessionOf } from "./sessions.js";
import { assignClient } from "./shares.js";

/** Somebody who may be here. */
export interface Visitor {
  /** Undefined while nobody needs one. */
  readonly account?: Account;
  /** Whether that is still so. */
  stays(): boolean;
}

/** Finds out who asks, as `Authorization`, the cookie or a client certificate says; undefined when that is nobody who may be here. */
export type Identify = (request: FastifyRequest, reply: FastifyReply) => Promise<Visitor | undefined>;

/** What anybody may have, as routes and not as paths, of which there are many for one route. */
const PUBLIC = new Set([
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
]);

const LOG_IN = "Log in first, or send a token as `Authorization: Bearer …`.";

/** How often the server checks that whoever gets an answer that goes on, such as events, still may, in ms. */
const SWEEP = 2000;

export function createIdentify(accounts: Accounts, sessions: LoginSessions, check: PasswordCheck): Identify {
  function bySession(request: FastifyRequest): Visitor | undefined {
    const id = sessionOf(request);
    const account = id === undefined ? undefined : sessions.use(id);
    return account && { account, stays: () => sessions.use(id!) !== undefined };
  }

  function byCertificate({ raw }: FastifyRequest): Visitor | undefined {
    const name = certificateName(raw.socket);
    const account = name === undefined ? undefined : accounts.byName(name);
    return account && { account, stays: () => accounts.byName(name!) === account };
  }

  return async (request, reply) => {
    const { authorization } = request.headers;
    if (authorization === undefined) return bySession(request) ?? byCertificate(request);
    const [, scheme, credentials] = /^(\w+) +([\w~+/.=-]+)$/.exec(authorization) ?? [];
    switch (scheme?.toLowerCase()) {
      case "bearer": {
        const account = accounts.byToken(credentials);
        return account && { account, stays: () => accounts.byToken(credentials) === account };
      }
      // for curl and Prometheus, who send it unasked; no browser is ever asked for it (RFC 7617)
      case "basic": {
        const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, "base64").toString()) ?? [];
        if (password === undefined) return undefined;
        const verdict = await check(request.ip, name, password);
        if (verdict.wait !== undefined) throw tooSoon(reply, verdict.wait);
        const { account } = verdict;
        return account && { account, stays: () => accounts.byName(name) === account };
      }
      default:
        return undefined;
    }
  };
}

/** The answer to who has guessed too often. It says the same whether there is such a user or not. */
export function tooSoon(reply: FastifyReply, wait: number): HttpError {
  void reply.header("retry-after", wait);
  return new HttpError(429, `There were too many wrong passwords; try again in ${wait} s.`);
}

/**
 * Lets in only whom it should, to every route but the public ones: admins to everything, readers to look, boards to
 * nothing. An answer that goes on, such as events, ends when its reader may no longer be here.
 */
export function authorize(app: FastifyInstance, accounts: Accounts, identify: Identify): void {
  const everybody: Visitor = { stays: () => !accounts.required };
  const answers = new Map<ServerResponse, Visitor>();
  const sweep = setInterval(() => {
    for (const [answer, visitor] of answers) if (!visitor.stays()) answer.destroy();
  }, SWEEP);
  app.addHook("preClose", async () => clearInterval(sweep));

  app.addHook("onRequest", async (request, reply) => {
    const route = request.routeOptions.url ?? "";
    if (PUBLIC.has(route)) return;
    const visitor = accounts.required ? await identify(request, reply) : everybody;
    if (!visitor) {
      // relative, because the page works below a prefix as well; a browser keeps what is behind #
      if (route === "/" || route === "/index.html") return reply.redirect("login");
      const token = bearerToken(request);
      // RFC 6750, section 3.1
      reply.header("www-authenticate", `Bearer realm="nightlight"${token ? ', error="invalid_token"' : ""}`);
      throw new HttpError(401, token ? (accounts.tokenProblem?.(token) ?? UNKNOWN_TOKEN) : LOG_IN);
    }
    const problem = visitor.account ? forbidden(visitor.account, request.method) : "";
    if (problem) throw new HttpError(403, problem);
    assignClient(request, visitor.account);
    answers.set(reply.raw, visitor);
    reply.raw.once("close", () => answers.delete(reply.raw));
  });
}

function bearerToken({ headers }: FastifyRequest): string | undefined {
  return /^bearer +([\w~+/.=-]+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Why an account may not do this; "" when it may. */
function forbidden({ name, role }: Account, method: string): string {
  if (role === "admin") return "";
  if (role === "device") return `"${name}" is a board's user, who has no rights over HTTP.`;
  if (method === "GET" || method === "HEAD") return "";
  return `"${name}" may look at everything, and change nothing.`;
}
