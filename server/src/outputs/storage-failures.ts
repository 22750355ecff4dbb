import { textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

/** Logs that values could not be stored. The server then continues with the values that it has in memory. */
export class StorageFailureLog {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Waits until `storing` has settled, and logs an error if it was rejected.
   * @param what kind of the stored value of `id`, such as "override"
   */
  async logIfRejected(id: string, what: string, storing: Promise<void>): Promise<void> {
    await storing.catch((error: unknown) => this.logFailure(id, what, error));
  }

  logFailure(id: string, what: string, error: unknown): void {
    this.#log.error("server", `The ${what} of ${id} could not be stored: ${textOf(error)}`, { id });
  }
}
