import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { idProblem } from "../../../contract/index.js";
import { withDistinctSwitches, type HistoryReader } from "../history/distinct-switches.js";
import type { HistoryAnswer } from "../history/history.js";
import { HttpError } from "./errors.js";
import { toCsv } from "./history-csv.js";
import { parseRange, type TimeRange, type RangeQuery } from "./history-range.js";

/** The parts of the server that the history routes read. */
export interface HistorySources {
  readonly history: HistoryReader;
  /** Whether the server records a history. */
  readonly historyOn: boolean;
  readonly devices: { get(id: string): unknown };
}

interface HistoryQueryString extends RangeQuery {
  readonly device?: unknown;
  readonly points?: unknown;
}

/** Default of the query parameter `points`: the number of buckets in an answer. */
export const DEFAULT_POINTS = 500;

/** Maximum of the query parameter `points`. */
export const MAX_POINTS = 5000;

/** Adds `GET /api/history`, which serves data for plots, and `GET /api/history.csv`, which exports all rows. */
export function addHistoryRoutes(app: FastifyInstance, { history: stored, historyOn, devices }: HistorySources): void {
  const history = withDistinctSwitches(stored);

  function deviceOf({ device }: HistoryQueryString): string {
    if (!historyOn)
      throw new HttpError(404, "This server keeps no history: the history is switched off in its configuration.");
    if (typeof device !== "string") throw new HttpError(400, 'Name one device: "device=<id>".');
    const problem = idProblem(device);
    if (problem) throw new HttpError(400, `"${device}" is not a valid device id: ${problem}.`);
    return device;
  }

  /**
   * Reads the history of a device. A device may be unknown since a restart and still have history.
   * @throws HttpError 404 when the device is unknown and has no history in this range
   */
  async function query(device: string, range: TimeRange, points: number): Promise<HistoryAnswer> {
    const answer = await history.query({ device, ...range, points });
    if (answer.points.length > 0 || answer.switches.length > 0 || answer.led_on !== null || devices.get(device))
      return answer;
    throw new HttpError(404, `There is no device "${device}", and no history of one in that time.`);
  }

  app.get<{ Querystring: HistoryQueryString }>("/api/history", (request) =>
    query(deviceOf(request.query), parseRange(request.query), parsePoints(request.query.points)),
  );

  // Add no HEAD route, because Fastify would read all rows and discard them.
  app.get<{ Querystring: HistoryQueryString }>(
    "/api/history.csv",
    { exposeHeadRoute: false },
    async (request, reply) => {
      const device = deviceOf(request.query);
      const range = parseRange(request.query);
      await query(device, range, 1);
      return reply
        .type("text/csv; charset=utf-8; header=present")
        .header("content-disposition", `attachment; filename="${device.replace(/[^\w.-]+/g, "-")}.csv"`)
        .send(Readable.from(toCsv(history.rows(device, range.from, range.to)), { highWaterMark: 1 }));
    },
  );
}

function parsePoints(text: unknown): number {
  if (text === undefined) return DEFAULT_POINTS;
  const points = typeof text === "string" && /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (points >= 1 && points <= MAX_POINTS) return points;
  throw new HttpError(400, `"points" must be a whole number from 1 to ${MAX_POINTS}.`);
}
