import type { FastifyReply, FastifyRequest } from "fastify";
import { LIFETIME, type LoginOrigin } from "../security/login-sessions.js";

/**
 * Name of the session cookie. The name contains the port, because browsers send cookies to every port of a host. The
 * prefix `__Host-` prevents other hosts of the domain, and plain HTTP, from setting it (RFC 6265bis, section 4.1.3.2).
 */
function cookieNameOf({ protocol, raw }: FastifyRequest): string {
  return `${protocol === "https" ? "__Host-" : ""}nightlight-${raw.socket.localPort}`;
}

/** Returns the session id in a request's cookie; undefined without a cookie. The session may have ended. */
export function sessionIdOf(request: FastifyRequest): string | undefined {
  return request.cookies[cookieNameOf(request)];
}

/**
 * How long browsers keep the cookie, in ms: longer than the session, so that the login page can explain that the
 * session has expired.
 */
const COOKIE_LIFETIME = 2 * LIFETIME;

/** Sets the session cookie in a browser; deletes it when `id` is undefined. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  void reply.setCookie(cookieNameOf(request), id ?? "", {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: request.protocol === "https",
    maxAge: id === undefined ? 0 : COOKIE_LIFETIME / 1000,
  });
}

/** Describes where a request comes from, for the list of sessions. */
export function originOf(request: FastifyRequest): LoginOrigin {
  return { address: request.ip, browser: request.headers["user-agent"] ?? "" };
}
