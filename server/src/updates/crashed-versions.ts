import { z } from "zod";
import type { CrashedVersionView } from "../devices/update-view.js";
import type { NamedValues } from "../storage/data-folder.js";
import { clock } from "../time/monotonic-clock.js";

/** Prefix of the names under which the data folder stores the crashed version of each board. */
const VALUE_PREFIX = "crashed-version:";

const StoredCrash = z.object({
  version: z.string(),
  /** In ms since 1970. */
  at: z.number().min(0).max(8.64e15),
});
type StoredCrash = z.infer<typeof StoredCrash>;

/**
 * The version that was last installed on each board and probably crashed: it did not connect to the broker, or started
 * again and again. The hint remains while the board runs another version, so that nobody installs the version again
 * without knowing.
 */
export class CrashedVersions {
  readonly #values: NamedValues;
  readonly #crashes = new Map<string, StoredCrash>();

  constructor(values: NamedValues) {
    this.#values = values;
  }

  /** Loads the crashes of earlier runs, and ignores values that this version does not understand. */
  restore(): void {
    for (const [id, value] of this.#values.entriesWithPrefix<unknown>(VALUE_PREFIX)) {
      const { data } = StoredCrash.safeParse(value);
      if (data) this.#crashes.set(id, data);
    }
  }

  viewOf(id: string): CrashedVersionView | null {
    const crash = this.#crashes.get(id);
    return crash ? { version: crash.version, at: new Date(crash.at).toISOString() } : null;
  }

  record(id: string, version: string): void {
    const crash: StoredCrash = { version, at: clock.wallNow() };
    this.#crashes.set(id, crash);
    this.#values.put(VALUE_PREFIX + id, crash).catch(() => {
      // The storage health reports it; without the value, only the hint is missing after a restart.
    });
  }

  /** Forgets the crash of a board. @param version forget it only if this version has crashed */
  clear(id: string, version?: string): void {
    const crash = this.#crashes.get(id);
    if (!crash || (version !== undefined && crash.version !== version)) return;
    this.#crashes.delete(id);
    this.#values.delete(VALUE_PREFIX + id).catch(() => {
      // The storage health reports it; a later crash replaces the value.
    });
  }
}
