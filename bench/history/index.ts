/**
 * A history at full size. It is filled through the database's own side, as fast as that goes; then it is asked, by way of
 * the thread, alone and while readings come in. 20 boards and 30 days take about five minutes and 300 MB.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { table } from "../table.js";
import { fill } from "./fill.js";
import { ask, flood, SPANS } from "./measure.js";

export interface HistoryOptions {
  readonly boards: number;
  readonly days: number;
  /** Where to put the file, which then stays. */
  readonly folder?: string;
}

/** @returns tables in Markdown */
export async function history(
  { boards, days, ...where }: HistoryOptions,
  say: (text: string) => void,
): Promise<string> {
  const folder = where.folder ?? (await mkdtemp(path.join(tmpdir(), "nightlight-history-")));
  try {
    const to = Math.floor(Date.now() / 1000) * 1000;
    say(`history: filling ${boards} boards and ${days} days, a reading a second each`);
    const { readings, seconds } = fill(folder, boards, days, to);
    const bytes = (await stat(path.join(folder, "history.db"))).size;
    const loaded =
      `${readings.toLocaleString("en")} readings of ${boards} boards and ${days} days loaded in ` +
      `${seconds.toFixed(0)} s, ${Math.round(readings / seconds).toLocaleString("en")} a second; ` +
      `${(bytes / 1e6).toFixed(0)} MB, ${(bytes / readings).toFixed(2)} bytes a reading.`;
    say(loaded);
    const rows = await ask(folder, boards, days, to, say);
    const flooded = await flood(folder);
    say(flooded);
    const head = [
      "readings/s that come in",
      ...SPANS.filter(({ days: span }) => span <= days).map(({ title }) => title),
    ];
    return [loaded, "Queries of 1,000 points, 60 each:", table(head, rows), flooded].join("\n\n");
  } finally {
    if (where.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}
