import type { Counters, Rejection } from "./counters.js";
import type { Log } from "./log.js";
import { clock } from "../time/monotonic-clock.js";

/** One line for each device and reason in this time, in ms. */
export const QUIET = 10_000;

/** The most pairs of device and reason that are remembered: a flood of ids must not fill the memory. */
const MAX_PAIRS = 1000;

/** Counts what is refused, and says so without filling the log. */
export class Rejects {
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #told = new Map<string, { at: number; leftOut: number }>();

  constructor(counters: Counters, log: Log) {
    this.#counters = counters;
    this.#log = log;
  }

  /** `from` is the device's id, a topic or a client id, whatever bytes it is made of. */
  add(reason: Rejection, from: string, problem: string, now = clock.now()): void {
    const { rejected } = this.#counters;
    rejected[reason] = (rejected[reason] ?? 0) + 1;
    const pair = `${reason} ${from}`;
    const told = this.#told.get(pair);
    if (told && now - told.at < QUIET) {
      told.leftOut++;
      return;
    }
    if (this.#told.size >= MAX_PAIRS) this.#told.clear();
    this.#told.set(pair, { at: now, leftOut: 0 });
    const leftOut = told?.leftOut ?? 0;
    const more = leftOut > 0 ? ` (${leftOut} more since the last such line)` : "";
    const shown = printable(from);
    const what =
      reason === "bad-login" || reason === "over-limit"
        ? "Refused"
        : reason === "bad-state"
          ? "State in Redis ignored"
          : "Message ignored";
    this.#log.warn("rejected", `${what}: ${shown}: ${problem}${more}`, { id: shown, reason, problem, leftOut });
  }
}

/** Text from the wire, short and without anything that a terminal would act upon. */
function printable(text: string): string {
  const short = text.length > 100 ? text.slice(0, 100) + "…" : text;
  return /^[\x20-\x7e]*$/.test(short) ? short : JSON.stringify(short).replace(/[\x7f-\x9f]/g, "?");
}
