import path from "node:path";
import { ColumnBuffer } from "../../server/src/history/column-buffer.js";
import { SqliteStore } from "../../server/src/history/store.js";

const MS_PER_DAY = 86_400_000;

/** Seconds of readings per batch. Each batch ends with a compaction, because the server also compacts once a minute. */
const BATCH_SECONDS = 60;

export const boardNameOf = (board: number): string => `nightlight/board-${board}`;

/** Returns a simulated light value of a daily curve with noise, in the history's unit: a quarter of a sensor step. */
export function lightAt(time: number, board: number): number {
  const day = Math.sin((((time + board * 600_000) % MS_PER_DAY) / MS_PER_DAY) * Math.PI) * 900;
  return Math.round(Math.min(1023, Math.max(0, day + Math.random() * 20))) * 4;
}

/**
 * Writes one reading per second of each board for `days` days until `to` (ms since 1970).
 * @returns the number of written readings, and the duration of writing in s
 */
export function fillHistory(
  folder: string,
  boards: number,
  days: number,
  to: number,
): { readings: number; seconds: number } {
  const store = new SqliteStore(path.join(folder, "history.db"));
  const ids = Array.from({ length: boards }, (_, board) => boardNameOf(board));
  const noSwitches = new ColumnBuffer(0, 0).takeBatch().batch.switches;
  const start = performance.now();
  let readings = 0;
  for (let from = to - days * MS_PER_DAY; from < to; from += BATCH_SECONDS * 1000) {
    const size = boards * BATCH_SECONDS;
    const batch = {
      devices: new Uint32Array(size),
      times: new Float64Array(size),
      lights: new Uint16Array(size),
      switches: noSwitches,
    };
    for (let at = 0; at < size; at++) {
      const time = from + Math.floor(at / boards) * 1000;
      batch.devices[at] = at % boards;
      batch.times[at] = time;
      batch.lights[at] = lightAt(time, at % boards);
    }
    store.write(batch, ids);
    store.compact();
    readings += size;
  }
  store.close();
  return { readings, seconds: (performance.now() - start) / 1000 };
}
