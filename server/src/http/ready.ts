import type { FastifyInstance, FastifyReply } from "fastify";

/** Functions that report the health and the readiness of the server. */
export interface ReadySources {
  /** What prevents the server from working, as a sentence; "" when the server works. */
  healthProblem(): string;
  /** Why the server cannot accept requests and readings yet, as a sentence; "" when it can. */
  readinessProblem(): string;
}

/**
 * Adds `GET /healthz`, the liveness probe of a supervisor, and `GET /readyz`, the readiness probe of a load balancer.
 */
export function addReadyRoutes(app: FastifyInstance, from: ReadySources): void {
  const sendAnswer = (reply: FastifyReply, problem: string): unknown =>
    problem ? reply.code(503).send({ ok: false, error: problem }) : { ok: true };
  app.get("/healthz", (_request, reply) => sendAnswer(reply, from.healthProblem()));
  app.get("/readyz", (_request, reply) => sendAnswer(reply, from.readinessProblem()));
}
