/** Keeps web pages of others away from an API on 127.0.0.1 that has no password. */
import type { FastifyReply, FastifyRequest } from "fastify";

const HERE = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * A hook: refuses a `Host` that is not this machine (DNS rebinding) and requests that a page of another origin makes.
 */
export function loopbackOnly({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { host = "", origin } = headers;
  const foreign = origin !== undefined && origin !== `http://${host}`;
  if (HERE.test(host) && !foreign) done();
  else void reply.code(403).send({ error: "Only programs and pages of this computer may come here." });
}
