import type { Counters, Rejection } from "./counters.js";
import { RecentRejections, type RejectionOrigin } from "./recent-rejections.js";
import type { Log } from "./log.js";
import { clock } from "../time/monotonic-clock.js";

/** Shortest time between two log lines for the same sender and reason, in ms. */
export const MIN_LOG_INTERVAL = 10_000;

/** Maximum number of pairs of sender and reason to remember, so that a flood of ids cannot fill the memory. */
const MAX_REMEMBERED_PAIRS = 1000;

/** Counts and remembers rejected messages, and logs them with a rate limit for each sender and reason. */
export class RejectionLog {
  /** The latest rejections. */
  readonly recent = new RecentRejections();
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #logged = new Map<string, { at: number; omitted: number }>();

  constructor(counters: Counters, log: Log) {
    this.#counters = counters;
    this.#log = log;
  }

  /**
   * Counts one rejection. Logs it, unless a rejection of the same sender for the same reason was logged within
   * `MIN_LOG_INTERVAL`.
   * @param from device id, topic or client id; may contain any bytes
   */
  add(reason: Rejection, from: string, problem: string, origin: RejectionOrigin = {}, now = clock.now()): void {
    const { rejected } = this.#counters;
    rejected[reason] = (rejected[reason] ?? 0) + 1;
    this.recent.add(reason, from, problem, origin);
    const pair = `${reason} ${from}`;
    const before = this.#logged.get(pair);
    if (before && now - before.at < MIN_LOG_INTERVAL) {
      before.omitted++;
      return;
    }
    if (this.#logged.size >= MAX_REMEMBERED_PAIRS) this.#logged.clear();
    this.#logged.set(pair, { at: now, omitted: 0 });
    const omitted = before?.omitted ?? 0;
    const more = omitted > 0 ? ` (${omitted} more since the last such line)` : "";
    const shown = toPrintable(from);
    const what =
      reason === "bad-login" || reason === "over-limit"
        ? "Refused"
        : reason === "bad-state"
          ? "State in Redis ignored"
          : "Message ignored";
    this.#log.warn("rejected", `${what}: ${shown}: ${problem}${more}`, {
      id: shown,
      reason,
      problem,
      leftOut: omitted,
    });
  }
}

/** Shortens text from a client, and escapes control characters that a terminal would interpret. */
function toPrintable(text: string): string {
  const short = text.length > 100 ? text.slice(0, 100) + "…" : text;
  return /^[\x20-\x7e]*$/.test(short) ? short : JSON.stringify(short).replace(/[\x7f-\x9f]/g, "?");
}
