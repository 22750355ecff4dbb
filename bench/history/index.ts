/**
 * Benchmark of a full-size SQLite history. It fills a file directly through `SqliteStore`, then measures queries through the worker
 * thread, without load and with incoming readings. 20 boards and 30 days take about five minutes and 300 MB.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatTable } from "../table.js";
import { fillHistory } from "./fill.js";
import { measureQueries, measureInserts, TIME_RANGES } from "./measure.js";

export interface HistoryOptions {
  readonly boards: number;
  readonly days: number;
  /** Folder in which the history file remains afterwards. By default, the benchmark uses a temporary folder and deletes it. */
  readonly folder?: string;
}

/** Runs the history benchmark. @param print prints a progress line @returns Markdown tables */
export async function measureHistory(
  { boards, days, ...where }: HistoryOptions,
  print: (text: string) => void,
): Promise<string> {
  const folder = where.folder ?? (await mkdtemp(path.join(tmpdir(), "nightlight-history-")));
  try {
    const to = Math.floor(Date.now() / 1000) * 1000;
    print(`history: filling a file with ${boards} boards, ${days} days, one reading per second`);
    const { readings, seconds } = fillHistory(folder, boards, days, to);
    const fileSize = (await stat(path.join(folder, "history.db"))).size;
    const loaded =
      `${readings.toLocaleString("en")} readings of ${boards} boards and ${days} days loaded in ` +
      `${seconds.toFixed(0)} s, ${Math.round(readings / seconds).toLocaleString("en")} per second; ` +
      `${(fileSize / 1e6).toFixed(0)} MB, ${(fileSize / readings).toFixed(2)} bytes per reading.`;
    print(loaded);
    const rows = await measureQueries(folder, boards, days, to, print);
    const flooded = await measureInserts(folder);
    print(flooded);
    const head = [
      "incoming readings/s",
      ...TIME_RANGES.filter(({ days: span }) => span <= days).map(({ title }) => title),
    ];
    return [loaded, "Query times for 1,000 points, 60 queries each:", formatTable(head, rows), flooded].join("\n\n");
  } finally {
    if (where.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}
