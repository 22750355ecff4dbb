import type { FastifyInstance } from "fastify";
import type { AlertView } from "../alerts/alert.js";
import type { ChannelView, TestResult } from "../alerts/delivery/channel-view.js";
import { HttpError } from "./errors.js";

/** The alerts that the HTTP API shows. */
export interface AlertSource {
  /** Returns open alerts and those that were resolved last, the newest first. */
  list(): AlertView[];
  listChannels(): ChannelView[];
  /** Sends a test message to every channel, and waits for the outcomes. */
  sendTest(): Promise<TestResult[]>;
}

/** Adds the route that lists alerts. */
export function addAlertRoutes(app: FastifyInstance, alerts: AlertSource): void {
  app.get("/api/alerts", () => alerts.list());
}

/** Adds the routes that list and test the channels to which this server sends alerts. */
export function addAlertChannelRoutes(app: FastifyInstance, alerts: AlertSource): void {
  app.get("/api/alert-channels", () => alerts.listChannels());
  app.post("/api/alert-channels/test", async () => {
    const results = await alerts.sendTest();
    if (results.length > 0) return results;
    throw new HttpError(
      409,
      "No message was sent, because there is no channel: set alerts > ntfy or alerts > webhook, on the page Alerts or in the configuration file.",
    );
  });
}
