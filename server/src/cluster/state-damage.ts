import type { RejectionLog } from "../observability/rejection-log.js";

/** The longest description of damage in the log, in characters. */
const MAX_DESCRIPTION_LENGTH = 200;

/** Counts and logs damaged data in Redis. Keeps reports until `reportTo` is called, and logs them then. */
export class StateDamageLog {
  #rejects: RejectionLog | undefined;
  #found: (readonly [where: string, problem: string])[] = [];

  /** Sends all earlier and later reports to the rejection log. */
  reportTo(rejects: RejectionLog): void {
    this.#rejects = rejects;
    for (const [where, problem] of this.#found) this.report(where, problem);
    this.#found = [];
  }

  /**
   * Reports damaged data.
   * @param where the key or the channel
   * @param problem may contain any bytes
   */
  report(where: string, problem: string): void {
    const shown = problem.slice(0, MAX_DESCRIPTION_LENGTH).replace(/[^\x20-\x7e]/g, "?");
    if (this.#rejects) this.#rejects.add("bad-state", where, shown);
    else this.#found.push([where, shown]);
  }
}
