import type { FastifyInstance } from "fastify";
import { exposeMetrics, type MetricsSources } from "../metrics/metrics.js";

/** Adds `GET /metrics`, for Prometheus. */
export function metricsRoutes(app: FastifyInstance, from: MetricsSources): void {
  const { contentType, text } = exposeMetrics(from);
  app.get("/metrics", async (_request, reply) => reply.type(contentType).send(await text()));
}
