import type { History, HistoryRow, HistorySwitch } from "./history.js";

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
      return { ...answer, switches: distinct(answer.switches, answer.led_on, query.from) };
    },
    async *rows(device, from, to) {
      let { led_on: state } = await history.query({ device, from: from - 1, to: from, points: 1 });
      for await (const rows of history.rows(device, from, to)) {
        const kept: HistoryRow[] = [];
        for (const row of rows) {
          if (row.led_on !== null && row.led_on === state) continue;
          state = row.led_on ?? state;
          kept.push(row);
        }
        yield kept;
      }
    },
  };
}

/** @param before state of the lamp at `from`, which includes a switch at exactly that time */
function distinct(switches: readonly HistorySwitch[], before: boolean | null, from: number): HistorySwitch[] {
  let state = before;
  return switches.filter(({ time, led_on }) => {
    const isKept = led_on !== state || time === from;
    state = led_on;
    return isKept;
  });
}
