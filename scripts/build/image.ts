/**
 * Completes a compiled firmware image: gives the update adapter its real Jacdac class, and the version a hash of the code.
 *
 * The layout of an image is in runtime/devicescript/devs_format.h of DeviceScript.
 */
import { createHash } from "node:crypto";
import { readText, withText } from "./configuration.js";

/** A completed image and the version that its firmware reports. */
export interface Image {
  readonly bytes: Buffer;
  readonly version: string;
}

/** The class in `services/updateadapter.md`, as the image contains it. */
const PLACEHOLDER_CLASS = 0x1462eef0;
/** The class of Jacdac's cloud configuration service, which DeviceScript's compiler refuses in a declaration. */
const ADAPTER_CLASS = 0x1462eefc;

/** Position in the image's header of the offset and the length of the configuration, which is the last section. */
const CONFIGURATION_SECTION = 0x20 + 9 * 8;
/** Images consist of blocks of this many bytes. */
const BLOCK = 32;
/** The configuration's key of the version. */
const VERSION_KEY = "@version";

/** The time that DeviceScript appends to the version of a build with uncommitted changes. */
const BUILD_TIME = /-\d{4}(\.\d\d){4}$/;
/** Number of hexadecimal digits of the hash in a version. */
const HASH_DIGITS = 7;

/**
 * Completes a compiled image. The same code always gets the same version after the commit, and other code another one.
 * @param packageVersion the version if the compiler stored none, because the project is not in a Git repository
 * @throws Error when the image is not the compiled firmware
 */
export function completeImage(compiled: Uint8Array, packageVersion: string): Image {
  const image = Buffer.from(compiled);
  // the declaration of the service is little-endian, and the number in the code big-endian
  for (const encode of [encodeLittleEndian, encodeBigEndian])
    replaceOnce(image, encode(PLACEHOLDER_CLASS), encode(ADAPTER_CLASS));
  const start = image.readUInt32LE(CONFIGURATION_SECTION);
  const configuration = image.subarray(start);
  // the hash does not depend on the compiler's version, which contains the commit and the time
  const unversioned = replaceConfiguration(image, start, withText(configuration, VERSION_KEY, ""));
  const hash = createHash("sha256").update(unversioned).digest("hex").slice(0, HASH_DIGITS);
  const compiledVersion = readText(configuration, VERSION_KEY) ?? packageVersion;
  const version = `${compiledVersion.replace(BUILD_TIME, "")}+${hash}`;
  return { bytes: replaceConfiguration(image, start, withText(configuration, VERSION_KEY, version)), version };
}

function encodeLittleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function encodeBigEndian(value: number): Buffer {
  return encodeLittleEndian(value).reverse();
}

function replaceOnce(image: Buffer, from: Buffer, to: Buffer): void {
  const at = image.indexOf(from);
  if (at < 0 || image.includes(from, at + 1))
    throw new Error(
      `The compiled firmware must contain the bytes ${from.toString("hex")} of services/updateadapter.md once, ` +
        `but contains them ${at < 0 ? "not at all" : "several times"}. Check that src/update.ts uses the service once.`,
    );
  to.copy(image, at);
}

function replaceConfiguration(image: Buffer, start: number, configuration: Buffer): Buffer {
  const bytes = Buffer.alloc(Math.ceil((start + configuration.length) / BLOCK) * BLOCK);
  image.copy(bytes, 0, 0, start);
  configuration.copy(bytes, start);
  // sections have whole words
  bytes.writeUInt32LE(Math.ceil(configuration.length / 4) * 4, CONFIGURATION_SECTION + 4);
  return bytes;
}
