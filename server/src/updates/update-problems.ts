/** Sentences that say why the update of a board failed, and what to do. */
import { COMMAND_NAME } from "../common/command-name.js";
import type { Device } from "../devices/devices.js";
import type { UpdateState } from "../devices/update-view.js";
import type { FirmwareImage } from "./firmware-image.js";

export const labelOf = ({ id, label = id }: Device): string => label;

export const describeMissingReply = (device: Device, duration: number): string =>
  `${labelOf(device)} did not reply within ${duration / 1000} s. If it is online, its firmware is too old for updates over the air; flash it once by cable.`;

export const describeRefusal = (device: Device, reason = "no reason"): string =>
  `${labelOf(device)} refuses the update: ${reason}.`;

export const describeFullQueue = (device: Device): string =>
  `Too many actions of ${labelOf(device)} wait for a reply; try again in a minute.`;

export const describeAbsence = (device: Device, duration: number): string =>
  `${labelOf(device)} was offline for ${duration / 1000} s, so the rollout no longer waits for it. Update it when it is online again.`;

export const describeMissingAdapter = (device: Device): string =>
  `${labelOf(device)} did not reach this server for the update, or has another key, and keeps its version. Check that its setting UPDATE_URL is what ${COMMAND_NAME} update url ${device.id} prints, with an address that the board can reach.`;

export const describeRestart = (device: Device): string =>
  `${labelOf(device)} restarted or lost its connection each time before it erased its program, so it keeps its version. Check its power and its network, and update it again.`;

export const describeOtherType = (device: Device, type: string, image: FirmwareImage): string =>
  `${labelOf(device)} is of the board type ${type} now, but the update is for ${image.board}, so the board keeps its program. Update it again.`;

export const describeMissingCopy = (device: Device, type: string | undefined, version: string): string =>
  `This server has no copy of ${version} for the board type ${type ?? "unknown"}, so it cannot install it on ${labelOf(device)} again; put that program into the folder of updates.folder, or flash the board by cable.`;

/** Says why an update failed that has stayed in its state for too long. */
export function describeTimeout({ state, device, image, previous }: TimedUpdate): string {
  if (state === "writing") return describeInterruption(device);
  if (state === "restarting") return describeMissingReturn(device, image.version, previous);
  return describeMissingAdapter(device);
}

interface TimedUpdate {
  readonly state: UpdateState;
  readonly device: Device;
  readonly image: FirmwareImage;
  readonly previous: string | undefined;
}

/** Says that a board runs its new program only for a short time, again and again. */
export function describeCrashes({ device, image, previous }: Omit<TimedUpdate, "state">): string {
  return `${labelOf(device)} has started ${image.version} again and again, so the program probably crashes. ${describeRemedy(image.version, previous)}`;
}

const describeInterruption = (device: Device): string =>
  `The connection to ${labelOf(device)} ended while the program was written, so the board has no program now. The update continues by itself when the board connects again; check its power and its network.`;

function describeMissingReturn(device: Device, version: string, previous: string | undefined): string {
  return `${labelOf(device)} has the program ${version} but did not report that it runs it. Its program may crash. ${describeRemedy(version, previous)}`;
}

function describeRemedy(version: string, previous: string | undefined): string {
  const remedy =
    previous && previous !== version ? `Install the previous version ${previous}` : "Install another version";
  return `${remedy}, or flash the board by cable.`;
}
