import type { FastifyInstance } from "fastify";
import type { Exposition, MetricsSources } from "./metrics.js";

/** Adds `GET /metrics`, for Prometheus. */
export function addMetricsRoutes(app: FastifyInstance, from: MetricsSources): void {
  let exposition: Promise<Exposition> | undefined;
  app.get("/metrics", async (_request, reply) => {
    // Import prom-client only here: it slows down the start, and many servers are never scraped.
    exposition ??= import("./metrics.js").then(({ exposeMetrics }) => exposeMetrics(from));
    const { contentType, formatMetrics: text } = await exposition;
    return reply.type(contentType).send(await text());
  });
}
