import type { FastifyInstance } from "fastify";
import type { Exposition, MetricsSources } from "./metrics.js";

/** Adds `GET /metrics`, for Prometheus. */
export function metricsRoutes(app: FastifyInstance, from: MetricsSources): void {
  let exposition: Promise<Exposition> | undefined;
  app.get("/metrics", async (_request, reply) => {
    // lazy import: prom-client slows the start, and many servers are never scraped
    exposition ??= import("./metrics.js").then(({ exposeMetrics }) => exposeMetrics(from));
    const { contentType, text } = await exposition;
    return reply.type(contentType).send(await text());
  });
}
