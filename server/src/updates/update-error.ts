import { UsageError } from "../common/errors.js";

/** Error when an update cannot be started or given up. The message says why and what to do. */
export class UpdateError extends UsageError {
  constructor(
    /**
     * `unknown`: there is no such version. `conflict`: the state of the board or of its update does not allow it.
     * `no-key`: the board has no key. `stopping`: the server is stopping.
     */
    readonly kind: "unknown" | "conflict" | "no-key" | "stopping",
    message: string,
  ) {
    super(message);
  }
}
