import type { Device, Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { NamedValues } from "../storage/data-folder.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { ImageStore } from "./image-store.js";
import type { ReadOnlyUpdate } from "./read-only-update.js";
import { parseStoredUpdate, type StoredUpdate } from "./stored-update.js";

/** Prefix of the names under which the data folder stores updates. */
const VALUE_PREFIX = "update:";

export interface UpdateStorageOptions {
  readonly devices: Pick<Devices, "obtain">;
  readonly store: Pick<ImageStore, "find" | "isUnreadable">;
  readonly values: NamedValues;
  readonly log: Log;
}

/** Stores the last update of each board in the data folder. */
export class UpdateStorage {
  readonly #options: UpdateStorageOptions;

  constructor(options: UpdateStorageOptions) {
    this.#options = options;
  }

  /** Loads the updates of earlier runs. Logs which ones cannot be continued. */
  *load(): Generator<{ device: Device; image: FirmwareImage; stored: StoredUpdate }> {
    const { devices, store, values, log } = this.#options;
    for (const [id, value] of values.entriesWithPrefix<unknown>(VALUE_PREFIX)) {
      const stored = parseStoredUpdate(value);
      const image = stored && store.find(stored.sha256);
      const device = image && devices.obtain(id);
      if (device) {
        yield { device, image, stored };
        continue;
      }
      log.warn("update", `The last update of ${id} is ignored: ${stored ? `there is no copy of ${stored.version}` : "this version of the server does not understand it"}.`, { id }); // prettier-ignore
      // without it, the next start has nothing to report; copies that cannot be read may be there then
      if (!image && !store.isUnreadable) this.delete(id);
    }
  }

  save(update: ReadOnlyUpdate): void {
    this.#options.values.put(VALUE_PREFIX + update.device.id, update.toStored()).catch(() => {
      // The storage health reports it; the update continues from its former state after a restart.
    });
  }

  delete(id: string): void {
    this.#options.values.delete(VALUE_PREFIX + id).catch(() => {
      // The storage health reports it; a later deletion or update replaces the value.
    });
  }
}
