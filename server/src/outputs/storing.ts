import { textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

/** What is stored for a device or a zone, with a line in the log where that fails: the server goes on with what it has in memory. */
export interface Storing {
  /** Fulfilled when it is stored, or was told not to be; `what` belongs to `id`. */
  stored(id: string, what: string, storing: Promise<void>): Promise<void>;
  notStored(id: string, what: string, error: unknown): void;
}

export function storingFor(log: Log): Storing {
  const notStored: Storing["notStored"] = (id, what, error) =>
    log.error("server", `The ${what} of ${id} could not be stored: ${textOf(error)}`, { id });
  return {
    stored: (id, what, storing) => storing.catch((error: unknown) => notStored(id, what, error)),
    notStored,
  };
}
