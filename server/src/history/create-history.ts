import type { Engine } from "./engine.js";
import type { Bucket, History, HistoryAnswer, HistoryQuery, HistoryRow } from "./history.js";
import { MAX_STORED_TIME } from "./packing.js";
import { NUMBERS_PER_POINT, type PackedAnswer, type HistoryPage } from "./protocol.js";
import { WallClockQueue } from "./wall-clock-queue.js";
import { HistoryWriter } from "./writer.js";

/** Maximum number of rows in one batch of an export. */
const MAX_ROWS_PER_BATCH = 5000;

const MAX_QUERY_POINTS = 5000;

/**
 * Creates a history that stores its data in a database engine.
 * @param onProblem called with a sentence for the log, at most once a minute for the same problem
 */
export function createHistory(engine: Engine, onProblem: (problem: string) => void): History {
  const writer = new HistoryWriter(engine, onProblem);
  const queue = new WallClockQueue(writer, onProblem);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    queue.close();
    await writer.close();
    await engine.close();
  }

  /** Waits for pending writes, so that a query sees everything that was added before it. @throws Error after `close` */
  async function flush(): Promise<void> {
    if (closing) throw new Error("The history is closed.");
    await writer.flush();
  }

  return {
    addReading(device, reading) {
      if (!closing && Number.isInteger(reading.time) && Number.isFinite(reading.light))
        queue.addReading(device, reading);
      else writer.stats.lost++;
    },
    addSwitch(device, change) {
      if (!closing && Number.isInteger(change.time)) queue.addSwitch(device, change);
      else writer.stats.lost++;
    },
    async query(query) {
      checkQuery(query);
      await flush();
      return unpackAnswer(await engine.query(query));
    },
    async *rows(device, from, to) {
      checkQuery({ device, from, to, points: 1 });
      await flush();
      const end = Math.min(to, MAX_STORED_TIME);
      for (let next = from; next < end;) {
        const page = await engine.readPage({ device, from: next, to: end });
        yield* mergeRows(page);
        next = page.next;
      }
    },
    async readLatest(devices) {
      await flush();
      return engine.readLatest(devices);
    },
    async forget(device) {
      queue.forget(device);
      await flush();
      await engine.forget(device);
    },
    retain(changed) {
      if (!closing) engine.retain(changed).catch(() => {});
    },
    stats: writer.stats,
    get problem() {
      return writer.problem;
    },
    close: () => (closing ??= close()),
  };
}

/** Validates a query. @throws RangeError when the time range or the number of points is invalid */
function checkQuery({ from, to, points }: HistoryQuery): void {
  if (!Number.isFinite(from) || !Number.isFinite(to) || from >= to)
    throw new RangeError(
      `A history query needs a start time before its end time, both in ms since 1970, not ${from} and ${to}.`,
    );
  if (!Number.isInteger(points) || points < 1 || points > MAX_QUERY_POINTS)
    throw new RangeError(`A history has 1 to ${MAX_QUERY_POINTS} points, not ${points}.`);
}

function unpackAnswer({ points, ...rest }: PackedAnswer): HistoryAnswer {
  const buckets: Bucket[] = [];
  for (let at = 0; at < points.length; at += NUMBERS_PER_POINT) {
    const [time, min, max, last, count] = points.subarray(at, at + NUMBERS_PER_POINT);
    buckets.push({ time, min, max, last, count });
  }
  return { ...rest, points: buckets };
}

/**
 * Merges the readings and switches of a page by time. A reading comes before a switch with the same time, because the
 * reading caused the switch.
 */
function* mergeRows({ times, lights, switches }: HistoryPage): Generator<HistoryRow[]> {
  let rows: HistoryRow[] = [];
  for (let reading = 0, change = 0; reading < times.length || change < switches.length;) {
    if (change === switches.length || times[reading] <= switches[change].time) {
      rows.push({ time: times[reading], light: lights[reading], led_on: null, by: null, reason: null });
      reading++;
    } else rows.push({ light: null, ...switches[change++] });
    if (rows.length === MAX_ROWS_PER_BATCH) {
      yield rows;
      rows = [];
    }
  }
  if (rows.length > 0) yield rows;
}
