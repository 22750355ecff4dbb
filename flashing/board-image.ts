/** Prepares the image for a board's flash memory: DeviceScript's runtime for the board's chip with the board's pins. */
import { encodeConfiguration } from "./board-configuration.js";
import { CONFIGURATION_MAGIC } from "./configuration-format.js";
import { messageOf, StepError } from "./step-error.js";

/** An image for a board's flash memory. */
export interface Image {
  readonly bytes: Uint8Array;
  /** The address in flash memory. */
  readonly offset: number;
  /** Arguments for esptool's write_flash, from the board's file. */
  readonly extraArguments: readonly string[];
}

/** A board's file `boards/*.board.json`, as far as flashing needs it. */
export interface BoardFile {
  /** DeviceScript's name of the chip, such as `esp32c3`. */
  readonly archId: string;
  readonly devName: string;
  readonly [other: string]: unknown;
}

/** Where an image of the runtime begins in flash memory, by the chip's `archId` (DeviceScript's `arch.json`). */
const IMAGE_OFFSETS: Readonly<Record<string, number>> = { esp32: 0x1000, esp32s2: 0x1000, esp32s3: 0, esp32c3: 0 };
/** Number of the chip's type in bytes 12 and 13 of an image. */
const IMAGE_CHIPS: Readonly<Record<string, number>> = { esp32: 0, esp32s2: 2, esp32s3: 9, esp32c3: 5 };
/** The first byte of an image for an ESP32 chip. */
const IMAGE_MAGIC = 0xe9;
/** Where the runtime reads its configuration in flash memory. */
const CONFIGURATION_ADDRESS = 0x9000;
const PAGE_SIZE = 4096;

/** Returns whether bytes are an image for a chip. */
export const isImageFor = (arch: string, bytes: Uint8Array): boolean =>
  bytes[0] === IMAGE_MAGIC && (bytes[12] | (bytes[13] << 8)) === IMAGE_CHIPS[arch];

/**
 * Adds a board's pins to the runtime.
 * @param id the name of the board's file without `.board.json`
 * @throws StepError when the board's file has a mistake, or when the runtime has no place for the pins
 */
export function createBoardImage(id: string, board: BoardFile, runtime: Uint8Array): Image {
  const offset = IMAGE_OFFSETS[board.archId] ?? 0;
  const start = CONFIGURATION_ADDRESS - offset;
  const configuration = encodeBoard(id, board);
  const size = Math.max(runtime.length, start + configuration.length);
  const bytes = new Uint8Array(Math.ceil(size / PAGE_SIZE) * PAGE_SIZE).fill(0xff);
  bytes.set(runtime);
  const place = bytes.subarray(start, start + CONFIGURATION_MAGIC.length);
  if (place.every((byte, i) => byte === CONFIGURATION_MAGIC[i])) {
    const length = new DataView(bytes.buffer).getUint32(start + 8, true);
    bytes.fill(0, start, Math.min(start + length, bytes.length));
  } else if (!place.every((byte) => byte === place[0]) || (place[0] !== 0 && place[0] !== 0xff))
    throw new StepError("the runtime", "The runtime has other data where the board's pins belong.", "Use an unchanged copy of the release.", { kind: "report" }); // prettier-ignore
  bytes.set(configuration, start);
  return { bytes, offset, extraArguments: (board.$flashToolArguments as string[] | undefined) ?? [] };
}

function encodeBoard(id: string, board: BoardFile): Uint8Array {
  try {
    return encodeConfiguration({ ...board, id });
  } catch (error) {
    throw new StepError("the runtime", messageOf(error), "npm run board -- check finds mistakes in board files.", { cause: error, kind: "report" }); // prettier-ignore
  }
}
