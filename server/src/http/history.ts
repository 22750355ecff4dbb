import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { idProblem } from "../../../contract/index.js";
import type { History, HistoryAnswer } from "../history/history.js";
import { HttpError } from "./errors.js";
import { csvOf } from "./history-csv.js";
import { rangeOf, type Range, type RangeQuery } from "./history-range.js";

/** What the history's routes show. */
export interface HistorySources {
  readonly history: History;
  /** Whether there is a history. */
  readonly historyOn: boolean;
  readonly devices: { get(id: string): unknown };
}

interface Query extends RangeQuery {
  readonly device?: unknown;
  readonly points?: unknown;
}

/** The buckets of an answer: unless told, and at most. */
export const POINTS = 500;
export const MAX_POINTS = 5000;

/** Adds what was: for plots, and as a table. */
export function historyRoutes(app: FastifyInstance, { history, historyOn, devices }: HistorySources): void {
  function deviceOf({ device }: Query): string {
    if (!historyOn)
      throw new HttpError(404, "This server keeps no history: that is switched off in its configuration.");
    if (typeof device !== "string") throw new HttpError(400, 'Name one device: "device=<id>".');
    const problem = idProblem(device);
    if (problem) throw new HttpError(400, `"${device}" names no device: ${problem}.`);
    return device;
  }

  /** @throws HttpError 404 when the device is not known, and was not either: after a restart there may be only a past */
  async function query(device: string, range: Range, points: number): Promise<HistoryAnswer> {
    const answer = await history.query({ device, ...range, points });
    if (answer.points.length > 0 || answer.switches.length > 0 || answer.led_on !== null || devices.get(device))
      return answer;
    throw new HttpError(404, `No device "${device}" is known, and nothing is remembered of one in that time.`);
  }

  app.get<{ Querystring: Query }>("/api/history", (request) =>
    query(deviceOf(request.query), rangeOf(request.query), pointsOf(request.query.points)),
  );

  // a HEAD would read all of it for nothing
  app.get<{ Querystring: Query }>("/api/history.csv", { exposeHeadRoute: false }, async (request, reply) => {
    const device = deviceOf(request.query);
    const range = rangeOf(request.query);
    await query(device, range, 1);
    return reply
      .type("text/csv; charset=utf-8; header=present")
      .header("content-disposition", `attachment; filename="${device.replace(/[^\w.-]+/g, "-")}.csv"`)
      .send(Readable.from(csvOf(history.rows(device, range.from, range.to)), { highWaterMark: 1 }));
  });
}

function pointsOf(text: unknown): number {
  if (text === undefined) return POINTS;
  const points = typeof text === "string" && /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (points >= 1 && points <= MAX_POINTS) return points;
  throw new HttpError(400, `"points" must be a whole number from 1 to ${MAX_POINTS}.`);
}
