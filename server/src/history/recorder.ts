import type { Engine } from "./engine.js";
import type { Bucket, History, HistoryAnswer, HistoryQuery, HistoryRow } from "./history.js";
import { END_OF_TIME } from "./packing.js";
import { POINT, type PackedAnswer, type Page } from "./protocol.js";
import { Undated } from "./undated.js";
import { Writer } from "./writer.js";

/** Rows of an export at once. */
const ROWS = 5000;

const MAX_POINTS = 5000;

/** A history in this engine. @param failed told what a person should know, once a minute at most for the same */
export function historyIn(engine: Engine, failed: (problem: string) => void): History {
  const writer = new Writer(engine, failed);
  const undated = new Undated(writer, failed);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    undated.close();
    await writer.close();
    await engine.close();
  }

  /** @throws Error after `close`. */
  async function written(): Promise<void> {
    if (closing) throw new Error("The history is closed.");
    await writer.written();
  }

  return {
    addReading(device, reading) {
      if (!closing && Number.isInteger(reading.time) && Number.isFinite(reading.light))
        undated.addReading(device, reading);
      else writer.stats.lost++;
    },
    addSwitch(device, change) {
      if (!closing && Number.isInteger(change.time)) undated.addSwitch(device, change);
      else writer.stats.lost++;
    },
    async query(query) {
      check(query);
      await written();
      return unpacked(await engine.query(query));
    },
    async *rows(device, from, to) {
      check({ device, from, to, points: 1 });
      await written();
      const end = Math.min(to, END_OF_TIME);
      for (let next = from; next < end;) {
        const page = await engine.page({ device, from: next, to: end });
        yield* merged(page);
        next = page.next;
      }
    },
    async latest(devices) {
      await written();
      return engine.latest(devices);
    },
    async forget(device) {
      undated.forget(device);
      await written();
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

/** @throws RangeError */
function check({ from, to, points }: HistoryQuery): void {
  if (!Number.isFinite(from) || !Number.isFinite(to) || from >= to)
    throw new RangeError(`A history is asked for from one time to a later one in ms since 1970, not ${from} to ${to}.`);
  if (!Number.isInteger(points) || points < 1 || points > MAX_POINTS)
    throw new RangeError(`A history has 1 to ${MAX_POINTS} points, not ${points}.`);
}

function unpacked({ points, ...rest }: PackedAnswer): HistoryAnswer {
  const buckets: Bucket[] = [];
  for (let at = 0; at < points.length; at += POINT) {
    const [time, min, max, last, count] = points.subarray(at, at + POINT);
    buckets.push({ time, min, max, last, count });
  }
  return { ...rest, points: buckets };
}

/** The readings and switches of a page, oldest first; a reading before the switch that it led to. */
function* merged({ times, lights, switches }: Page): Generator<HistoryRow[]> {
  let rows: HistoryRow[] = [];
  for (let reading = 0, change = 0; reading < times.length || change < switches.length;) {
    if (change === switches.length || times[reading] <= switches[change].time) {
      rows.push({ time: times[reading], light: lights[reading], led_on: null, by: null, reason: null });
      reading++;
    } else rows.push({ light: null, ...switches[change++] });
    if (rows.length === ROWS) {
      yield rows;
      rows = [];
    }
  }
  if (rows.length > 0) yield rows;
}
