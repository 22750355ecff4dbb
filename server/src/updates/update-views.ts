import type { Device } from "../devices/devices.js";
import type { DeviceUpdateView } from "../devices/update-view.js";
import type { BoardUpdate } from "./board-update.js";
import type { CrashedVersions } from "./crashed-versions.js";
import type { ImageFolder } from "./image-folder.js";
import type { ImageStore } from "./image-store.js";

/** Creates the views of devices' updates. */
export class UpdateViews {
  readonly #folder: ImageFolder;
  readonly #store: ImageStore;
  readonly #crashes: CrashedVersions;
  /** Views of devices without an update, by the newest version, so that many devices share one object. */
  readonly #idleViews = new Map<string, DeviceUpdateView>();

  constructor(folder: ImageFolder, store: ImageStore, crashes: CrashedVersions) {
    this.#folder = folder;
    this.#store = store;
    this.#crashes = crashes;
  }

  /** Returns the view for a device with its last update; undefined if there is nothing to install on it. */
  viewOf({ id, status }: Device, update: BoardUpdate | undefined): DeviceUpdateView | undefined {
    const latest = this.#folder.latestFor(status?.board)?.version ?? null;
    const crashed = this.#crashes.viewOf(id);
    if (!update || update.isObsolete) {
      if (latest === null) return undefined;
      const view = this.#idleViewOf(latest);
      return crashed ? { ...view, crashed } : view;
    }
    const { previous } = update;
    const canReturn = previous !== update.image.version && this.#store.findVersion(update.image.board, previous);
    return {
      latest,
      state: update.state,
      version: update.image.version,
      percent: update.percent ?? null,
      problem: update.problem ?? null,
      previous: canReturn ? canReturn.version : null,
      since: update.since === undefined ? null : new Date(update.since).toISOString(),
      crashed,
    };
  }

  #idleViewOf(latest: string): DeviceUpdateView {
    let view = this.#idleViews.get(latest);
    if (!view) {
      view = {
        ...{ latest, state: null, version: null, percent: null, problem: null },
        ...{ previous: null, since: null, crashed: null },
      };
      this.#idleViews.set(latest, view);
    }
    return view;
  }
}
