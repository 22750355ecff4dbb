import { isDamage } from "./database.js";
import type { Latest } from "./history.js";
import { lightOf } from "./packing.js";
import { SPAN, type Store } from "./store.js";

/** The last of each device. Readings that wait for their chunks do not count: the journal has those. */
export function latest(store: Store, ids: readonly string[]): (Latest | undefined)[] {
  try {
    // one by one, those that wait would be looked through for each device
    store.settleSwitches();
  } catch (error) {
    // on a disk that is full, say, an older answer is better than none
    if (isDamage(error)) throw error;
  }
  return ids.map((id) => {
    const number = store.numberOf(id);
    if (number === undefined) return undefined;
    const [hour] = store.database.rows(
      "SELECT last / 4096 AS time, last & 4095 AS light FROM hours WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT 1",
      number * SPAN,
      (number + 1) * SPAN,
    );
    const change = store.switches.last(number);
    return {
      ...(hour && { time: Number(hour.time), light: lightOf(Number(hour.light)) }),
      ...(change && { switched: change.time, led_on: change.led_on }),
    };
  });
}
