/** Reads the images that `npm run build` writes for updates over the air. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../scripts/lib/repository.js";

export interface FirmwareImage {
  readonly bytes: Buffer;
  readonly board: string;
  readonly version: string;
  readonly sha256: string;
}

/** Reads the image of a firmware entry, such as `main`, with its description. */
export function readFirmware(entry: string): FirmwareImage {
  const folder = path.join(ROOT, ".devicescript/bin", entry);
  const { bytes: size, ...description } = JSON.parse(readFileSync(path.join(folder, "firmware.json"), "utf8"));
  const bytes = readFileSync(path.join(folder, "program.devs"));
  if (bytes.length !== size) throw new Error(`${folder} has an image of ${bytes.length} bytes, not of ${size}`);
  return { ...description, bytes };
}

/** Returns the configuration of an image, which is its last section. */
export const configurationOf = (image: Buffer): Buffer => image.subarray(image.readUInt32LE(0x68));

/** Returns an image with another configuration. */
export function withConfiguration(image: Buffer, change: (configuration: Buffer) => Buffer): Buffer {
  const start = image.readUInt32LE(0x68);
  return Buffer.concat([image.subarray(0, start), change(image.subarray(start))]);
}

/** Returns an image as the compiler alone would make it: with the placeholder class of `services/updateadapter.md`. */
export function revertClass(image: Buffer): Buffer {
  const reverted = Buffer.from(image);
  for (const [real, placeholder] of [
    ["fcee6214", "f0ee6214"],
    ["1462eefc", "1462eef0"],
  ])
    // prettier-ignore
    Buffer.from(placeholder, "hex").copy(reverted, reverted.indexOf(Buffer.from(real, "hex")));
  return reverted;
}
