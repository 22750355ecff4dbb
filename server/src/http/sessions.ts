import type { FastifyReply, FastifyRequest } from "fastify";
import { LIFETIME } from "../security/login-sessions.js";

/**
 * A browser does not tell the ports of a machine apart when it comes to cookies, so that each server's has a name of its
 * own. `__Host-` keeps other machines of the domain, and plain HTTP, from setting it (RFC 6265bis, section 4.1.3.2).
 */
function cookieName({ protocol, raw }: FastifyRequest): string {
  return `${protocol === "https" ? "__Host-" : ""}nightlight-${raw.socket.localPort}`;
}

/** The id of the session that a request belongs to, whether that goes on or not. */
export function sessionOf(request: FastifyRequest): string | undefined {
  return request.cookies[cookieName(request)];
}

/** Makes the browser's further requests belong to a session; to none when `id` is undefined. */
export function setSession(request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  void reply.setCookie(cookieName(request), id ?? "", {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: request.protocol === "https",
    maxAge: id === undefined ? 0 : LIFETIME / 1000,
  });
}
