/** Protects a local HTTP API that requires no password from requests by web pages of other sites. */
import type { FastifyReply, FastifyRequest } from "fastify";

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Fastify hook that answers 403 to cross-origin requests, and to requests whose `Host` is not this computer (DNS
 * rebinding).
 */
export function allowOnlyLoopback({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { host = "", origin } = headers;
  const foreign = origin !== undefined && origin !== `http://${host}`;
  if (LOOPBACK_HOST.test(host) && !foreign) done();
  else void reply.code(403).send({ error: "Only programs and pages of this computer may come here." });
}
