import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { History } from "../../server/src/history/history.js";
import { openSqlite } from "../../server/src/history/sqlite.js";
import { boardNameOf } from "./fill.js";

const MS_PER_DAY = 86_400_000;
const POINTS_PER_QUERY = 1000;

/** Number of queries per time range. */
const QUERIES_PER_RANGE = 60;

const openHistory = (folder: string): Promise<History> =>
  openSqlite(folder, {
    retention: { readings: undefined, switches: undefined },
    onProblem: (problem) => console.error(problem),
  });

const sortAscending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

function formatTimes(values: readonly number[]): string {
  const all = sortAscending(values);
  return `p50 ${all[all.length >> 1].toFixed(1)} ms, max ${all.at(-1)!.toFixed(1)} ms`;
}

/** Time ranges of the queries, up to the newest reading. */
export const TIME_RANGES = [
  { title: "an hour", days: 1 / 24 },
  { title: "a day", days: 1 },
  { title: "a week", days: 7 },
  { title: "20 days", days: 20 },
  { title: "a month", days: 30 },
];

/** Measures queries of each time range at several rates of incoming readings. Returns the rows of a table. */
export async function measureQueries(
  folder: string,
  boards: number,
  days: number,
  to: number,
  print: (text: string) => void,
): Promise<string[][]> {
  const history = await openHistory(folder);
  const rows: string[][] = [];
  for (const rate of [0, 2000, 20_000]) {
    const stop = new AbortController();
    const adding = insertContinuously(history, rate, stop.signal);
    const row = [rate.toLocaleString("en")];
    for (const { title, days: span } of TIME_RANGES) {
      if (span > days) continue;
      const times: number[] = [];
      let points = 0;
      for (let at = 0; at < QUERIES_PER_RANGE; at++) {
        const start = performance.now();
        const query = { device: boardNameOf(at % boards), from: to - span * MS_PER_DAY, to, points: POINTS_PER_QUERY };
        points = (await history.query(query)).points.length;
        times.push(performance.now() - start);
      }
      row.push(formatTimes(times));
      print(`${row[0]} incoming readings/s; ${title}, ${points} points: ${formatTimes(times)}`);
    }
    rows.push(row);
    stop.abort();
    await adding;
  }
  await history.close();
  return rows;
}

/** Adds readings of 500 boards until aborted. @param rate readings per second */
async function insertContinuously(history: History, rate: number, signal: AbortSignal): Promise<void> {
  const devices = Array.from({ length: 500 }, (_, board) => ({ id: `flood/${board}`, historyNumber: 0 }));
  let due = performance.now();
  while (!signal.aborted && rate > 0) {
    for (let at = 0; at < rate / 100; at++) {
      history.addReading(devices[at % 500], { time: Date.now() + at, light: at % 1024 });
    }
    due += 10;
    await sleep(Math.max(0, due - performance.now()));
  }
}

/** Measures the CPU time and the event loop delay of adding 20,000 readings per second. */
export async function measureInserts(folder: string): Promise<string> {
  const history = await openHistory(folder);
  const devices = Array.from({ length: 500 }, (_, board) => ({ id: `flood/${board}`, historyNumber: 0 }));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let busy = 0;
  const seconds = 20;
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let tick = 0; tick < seconds * 100; tick++) {
    const from = performance.now();
    const now = Date.now();
    for (let at = 0; at < 200; at++)
      history.addReading(devices[(tick * 200 + at) % 500], { time: now + at, light: at });
    busy += performance.now() - from;
    await sleep(Math.max(0, start + (tick + 1) * 10 - performance.now()));
  }
  delay.disable();
  const duration = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const { written, lost, waiting } = history.stats;
  const readings = seconds * 100 * 200;
  const text =
    `${Math.round(readings / duration).toLocaleString("en")} readings/s for ${duration.toFixed(0)} s: adding one takes ` +
    `${((busy * 1000) / readings).toFixed(2)} µs of the caller's thread, and all threads together ` +
    `${((used.user + used.system) / readings).toFixed(2)} µs; event loop delay p99 ` +
    `${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms; ` +
    `${written} written, ${waiting} waiting, ${lost} lost`;
  const from = performance.now();
  await history.close();
  return `${text}; closed in ${(performance.now() - from).toFixed(0)} ms.`;
}
