import path from "node:path";
import { ColumnBuffer } from "../../server/src/history/column-buffer.js";
import { Store } from "../../server/src/history/store.js";

const DAY = 86_400_000;

/** So many seconds' readings are written, and put into the chunks, together: as it is when they happen. */
const STRIDE = 60;

export const boardName = (board: number): string => `nightlight/board-${board}`;

/** The light of a board in quarters: a day's curve, and noise. */
export function lightAt(time: number, board: number): number {
  const day = Math.sin((((time + board * 600_000) % DAY) / DAY) * Math.PI) * 900;
  return Math.round(Math.min(1023, Math.max(0, day + Math.random() * 20))) * 4;
}

/** One reading a second of each board, until `to`, put into the chunks once a minute. */
export function fill(folder: string, boards: number, days: number, to: number): { readings: number; seconds: number } {
  const store = new Store(path.join(folder, "history.db"));
  const ids = Array.from({ length: boards }, (_, board) => boardName(board));
  const none = new ColumnBuffer(0, 0).take().batch.switches;
  const begun = performance.now();
  let readings = 0;
  for (let from = to - days * DAY; from < to; from += STRIDE * 1000) {
    const size = boards * STRIDE;
    const batch = {
      devices: new Uint32Array(size),
      times: new Float64Array(size),
      lights: new Uint16Array(size),
      switches: none,
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
  return { readings, seconds: (performance.now() - begun) / 1000 };
}
