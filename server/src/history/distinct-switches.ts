import { MAX_SWITCHES, type History, type HistoryRow, type HistorySwitch } from "./history.js";

/** The part of a history that answers questions. */
export type HistoryReader = Pick<History, "query" | "rows">;

/**
 * Leaves out switches to the state that the lamp already had. Such switches are stored when a board reports its lamp
 * after an outage: the board's late readings, which arrive afterwards, tell when the lamp was really switched.
 */
export function withDistinctSwitches(history: HistoryReader): HistoryReader {
  return {
    async query(query) {
      const answer = await history.query(query);
      const { switches } = answer;
      if (switches.length === 0) return answer;
      // With the maximum, earlier switches may be missing, so the state before the first one is unknown.
      const before = switches.length < MAX_SWITCHES ? await stateBefore(history, query.device, query.from) : null;
      return { ...answer, switches: distinct(switches, before) };
    },
    async *rows(device, from, to) {
      let state = await stateBefore(history, device, from);
      for await (const rows of history.rows(device, from, to)) {
        const kept: HistoryRow[] = [];
        for (const row of rows) {
          if (row.led_on !== null && !isSwitch(row, state)) continue;
          state = row.led_on ?? state;
          kept.push(row);
        }
        yield kept;
      }
    },
  };
}

/** Returns the state of a lamp just before a time in ms; null when unknown. */
async function stateBefore(history: HistoryReader, device: string, time: number): Promise<boolean | null> {
  // The answer's state includes a switch at exactly the beginning of the period.
  const { led_on } = await history.query({ device, from: time - 1, to: time, points: 1 });
  return led_on;
}

/**
 * Returns the switches that change the state of a lamp.
 * @param before state of the lamp before the first switch; null when unknown
 */
function distinct(switches: readonly HistorySwitch[], before: boolean | null): HistorySwitch[] {
  let state = before;
  return switches.filter((change) => {
    const isKept = isSwitch(change, state);
    state = change.led_on;
    return isKept;
  });
}

/**
 * Returns whether an entry changes the state of a lamp. If the state is unknown, a board that reports a dark lamp has not
 * switched it.
 */
function isSwitch({ led_on, by }: Pick<HistoryRow, "led_on" | "by">, state: boolean | null): boolean {
  return led_on !== (state ?? (by === "device" ? false : null));
}
