import type { Devices } from "../devices/devices.js";
import type { BoardUpdate } from "./board-update.js";
import type { ImageFolder } from "./image-folder.js";

export interface VersionUsers {
  readonly devices: Devices;
  readonly folder: Pick<ImageFolder, "list">;
  readonly updates: Iterable<BoardUpdate>;
}

/**
 * The versions that may have to be installed on a board: those of updates, those to which boards can go back, those that
 * boards run (a board that loses its program gets it again), and the newest.
 */
export function* listNeededVersions({ devices, folder, updates }: VersionUsers): Generator<string> {
  for (const { image, previous } of updates) {
    yield image.version;
    if (previous !== undefined) yield previous;
  }
  for (const { status } of devices) if (status?.firmware !== undefined) yield status.firmware;
  for (const { version } of folder.list()) yield version;
}
