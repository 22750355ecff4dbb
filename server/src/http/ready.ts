import type { FastifyInstance, FastifyReply } from "fastify";

/** What tells whether the server is at work. */
export interface ReadySources {
  /** Why the server is not at work; "" when it is. */
  problem(): string;
  /** Why requests and readings should not be sent here yet; "" when they should. */
  ready(): string;
}

/** Adds `GET /healthz`, for whoever restarts the server, and `GET /readyz`, for whoever sends it traffic. */
export function readyRoutes(app: FastifyInstance, from: ReadySources): void {
  const answer = (reply: FastifyReply, problem: string): unknown =>
    problem ? reply.code(503).send({ ok: false, error: problem }) : { ok: true };
  app.get("/healthz", (_request, reply) => answer(reply, from.problem()));
  app.get("/readyz", (_request, reply) => answer(reply, from.ready()));
}
