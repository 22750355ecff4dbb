import type { Device, Devices } from "../devices/devices.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { ImageFolder } from "./image-folder.js";
import type { ImageStore } from "./image-store.js";

/** A version that can be installed. */
export interface InstallableVersion {
  /** The type of board. */
  readonly board: string;
  readonly version: string;
  /** Size of the program in bytes. */
  readonly bytes: number;
  /** Whether this is the newest version for the type of board. */
  readonly latest: boolean;
}

export interface ImageCatalogOptions {
  readonly devices: Devices;
  readonly folder: ImageFolder;
  readonly store: ImageStore;
}

/** The programs that can be installed: the newest ones of the image folder, and copies of earlier ones. */
export class ImageCatalog {
  readonly #options: ImageCatalogOptions;

  constructor(options: ImageCatalogOptions) {
    this.#options = options;
  }

  /** Reads images of the folder that have changed. Returns whether the newest program of a type of board has changed. */
  async refresh(): Promise<boolean> {
    const { folder, store } = this.#options;
    const isChanged = await folder.refresh();
    if (isChanged) for (const image of folder.list()) store.offer(image);
    return isChanged;
  }

  /**
   * Keeps copies of the newest images, and of those that are needed, for example because a board runs them. Only for types
   * of boards that report here, so that a new data folder stays small.
   */
  keepNeeded(): void {
    const { store, devices } = this.#options;
    store.keepNeeded(new Set([...devices].map(({ status }) => status?.board)));
  }

  /** All versions that can be installed; the one that was offered or installed last is the first. */
  listVersions(): InstallableVersion[] {
    const { store, folder } = this.#options;
    return store
      .list()
      .map(({ board, version, sha256, program }) => {
        return { board, version, bytes: program.length, latest: folder.latestFor(board)?.sha256 === sha256 };
      })
      .reverse();
  }

  /** Returns whether a version can be installed on a type of board. */
  hasVersion(board: string | undefined, version: string): boolean {
    return this.#options.store.findVersion(board, version) !== undefined;
  }

  /** Returns the newest program for a type of board; undefined if there is none. */
  latestProgramFor(board: string): Uint8Array | undefined {
    return this.#options.folder.latestFor(board)?.program;
  }

  /** Returns the newest image for a device if the device runs another version; otherwise undefined. */
  availableFor({ status }: Device): FirmwareImage | undefined {
    const latest = this.#options.folder.latestFor(status?.board);
    return latest && latest.version !== status?.firmware ? latest : undefined;
  }
}
