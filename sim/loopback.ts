/** Protects a local HTTP API without a password from requests by foreign web pages. */
import type { FastifyReply, FastifyRequest } from "fastify";

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Fastify hook that answers 403 to a `Host` other than this computer (DNS rebinding) and to cross-origin requests.
 */
export function allowOnlyLoopback({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { host = "", origin } = headers;
  const foreign = origin !== undefined && origin !== `http://${host}`;
  if (LOOPBACK_HOST.test(host) && !foreign) done();
  else void reply.code(403).send({ error: "Only programs and pages of this computer may come here." });
}
