import type { FastifyInstance } from "fastify";
import type { RejectionView } from "../observability/rejection-view.js";

/** The rejected messages, logins and subscriptions that the HTTP API shows. */
export interface RejectionSource {
  /** Returns the latest rejections, the latest first. */
  list(): RejectionView[];
}

/** Adds the route that lists rejections. `requireAuthorization` restricts it to administrators. */
export function addRejectionRoutes(app: FastifyInstance, rejections: RejectionSource): void {
  app.get("/api/rejections", () => rejections.list());
}
