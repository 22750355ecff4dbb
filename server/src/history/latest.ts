import { isDamageError } from "./database.js";
import type { LatestEntries } from "./history.js";
import { fromQuarters } from "./packing.js";
import { KEYS_PER_DEVICE, type SqliteStore } from "./store.js";

/**
 * Returns the last reading and switch of each device. Ignores readings that are not in chunks yet, because the journal
 * provides them.
 */
export function readLatest(store: SqliteStore, ids: readonly string[]): (LatestEntries | undefined)[] {
  try {
    // Move the pending switches to the database: this is faster than searching them for each device.
    store.compactSwitches();
  } catch (error) {
    // Ignore an error such as a full disk, because an answer without the newest switches is better than none.
    if (isDamageError(error)) throw error;
  }
  return ids.map((id) => {
    const number = store.deviceNumberOf(id);
    if (number === undefined) return undefined;
    const [hour] = store.database.selectRows(
      "SELECT last / 4096 AS time, last & 4095 AS light FROM hours WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT 1",
      number * KEYS_PER_DEVICE,
      (number + 1) * KEYS_PER_DEVICE,
    );
    const change = store.switches.readLastSwitch(number);
    return {
      ...(hour && { time: Number(hour.time), light: fromQuarters(Number(hour.light)) }),
      ...(change && { switched: change.time, led_on: change.led_on }),
    };
  });
}
