import type { RejectionLog } from "../observability/rejection-log.js";

/** The longest description of damage in the log, in characters. */
const LONGEST = 200;

/** Counts and logs what in Redis is not as servers write it. What is found before the server counts is kept until then. */
export class Damage {
  #rejects: RejectionLog | undefined;
  #found: (readonly [where: string, problem: string])[] = [];

  /** Reports go there from now on. */
  reportTo(rejects: RejectionLog): void {
    this.#rejects = rejects;
    for (const [where, problem] of this.#found) this.report(where, problem);
    this.#found = [];
  }

  /** @param where the key or the channel. @param problem what is wrong there, whatever bytes are in it */
  report(where: string, problem: string): void {
    const shown = problem.slice(0, LONGEST).replace(/[^\x20-\x7e]/g, "?");
    if (this.#rejects) this.#rejects.add("bad-state", where, shown);
    else this.#found.push([where, shown]);
  }
}
