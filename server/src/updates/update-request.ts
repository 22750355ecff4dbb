/** Decides which image a request for an update means, and whether the board can be updated now. */
import { COMMAND_NAME } from "../common/command-name.js";
import type { Device } from "../devices/devices.js";
import type { BoardUpdate } from "./board-update.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { ImageFolder } from "./image-folder.js";
import type { ImageStore } from "./image-store.js";
import { UpdateError } from "./update-error.js";
import { labelOf } from "./update-problems.js";

export interface ImageSources {
  readonly folder: Pick<ImageFolder, "latestFor">;
  readonly store: Pick<ImageStore, "findVersion">;
}

/**
 * Returns the image to install on a device.
 * @param board the type of board; undefined if unknown
 * @param version undefined for the newest
 * @throws UpdateError when there is none
 */
export function chooseImage(
  device: Device,
  board: string | undefined,
  version: string | undefined,
  { folder, store }: ImageSources,
): FirmwareImage {
  if (!board)
    throw new UpdateError(
      "conflict",
      `${labelOf(device)} has not reported its type of board, so there is no update for it.`,
    );
  const latest = folder.latestFor(board);
  const image = version === undefined || version === latest?.version ? latest : store.findVersion(board, version);
  if (!image) throw new UpdateError("unknown", describeMissingImage(board, version));
  return image;
}

/**
 * Checks whether an image can be installed on a device now.
 * @param before the last update of the device
 * @throws UpdateError when that is not possible
 */
export function checkRequest(
  device: Device,
  image: FirmwareImage,
  hasKey: boolean,
  before: BoardUpdate | undefined,
): void {
  const label = labelOf(device);
  if (before?.isWriting)
    throw new UpdateError("conflict", `${label} is being updated to ${before.image.version}; wait until it is done.`);
  if (image.version === device.status?.firmware && !before?.isErased)
    throw new UpdateError("conflict", `${label} already runs ${image.version}.`);
  if (!hasKey)
    throw new UpdateError(
      "no-key",
      `${label} has no key for updates. ${COMMAND_NAME} update url ${device.id} creates it and prints the UPDATE_URL to store on the board.`,
    );
}

function describeMissingImage(board: string, version: string | undefined): string {
  if (version === undefined)
    return `This server has no program for the board type ${board}; build the firmware, or name its folder in updates.folder.`;
  return `This server has no version "${version}" for the board type ${board}; ${COMMAND_NAME} update list and GET /api/updates list all versions.`;
}
