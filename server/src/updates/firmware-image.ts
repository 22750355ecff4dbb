import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { textOf } from "../common/errors.js";

/** Name of the file that describes a program image. */
export const DESCRIPTION_FILE = "firmware.json";
/** Name of the file with the compiled program. */
export const PROGRAM_FILE = "program.devs";

/** First bytes of every compiled DeviceScript program. */
const PROGRAM_MAGIC = Buffer.from([0x44, 0x65, 0x76, 0x53, 0x0a, 0x6e, 0x29, 0xf1]);

/** Largest program that the server accepts, in bytes. The flash memory of boards has room for less. */
const MAX_PROGRAM_BYTES = 256 * 1024;

/** Largest description that is read, in bytes. */
const MAX_DESCRIPTION_BYTES = 64 * 1024;

/** Programs in flash memory are padded with zeros to a multiple of this size, in bytes. */
const FLASH_ALIGNMENT = 32;

const Description = z.object({
  board: z.string().min(1).max(64),
  version: z.string().min(1).max(64),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
  bytes: z.int().min(PROGRAM_MAGIC.length).max(MAX_PROGRAM_BYTES),
});

/** A compiled program for one type of board. */
export interface FirmwareImage {
  /** The type of board, as boards report it in their status. */
  readonly board: string;
  /** The version, as boards report it in their status. */
  readonly version: string;
  /** The program as it is written to the board, padded with zeros. */
  readonly program: Buffer;
  /** SHA-256 of `program`, in hexadecimal, as the board computes it. */
  readonly sha256: string;
}

/**
 * Reads and validates the program image in a folder.
 * @throws Error if the image is unusable; its message is a phrase such as "program.devs is not a DeviceScript program"
 */
export async function readImage(folder: string): Promise<FirmwareImage> {
  const description = parseDescription(
    (await readSmallFile(folder, DESCRIPTION_FILE, MAX_DESCRIPTION_BYTES)).toString(),
  );
  const { board, version, sha256, bytes } = description;
  const file = await readSmallFile(folder, PROGRAM_FILE, MAX_PROGRAM_BYTES);
  if (file.length !== bytes) throw new Error(`${PROGRAM_FILE} has ${file.length} bytes instead of ${bytes}`);
  if (hashOf(file) !== sha256) throw new Error(`the SHA-256 of ${PROGRAM_FILE} differs from ${DESCRIPTION_FILE}`);
  if (!file.subarray(0, PROGRAM_MAGIC.length).equals(PROGRAM_MAGIC))
    throw new Error(`${PROGRAM_FILE} is not a DeviceScript program`);
  const program = Buffer.alloc(Math.ceil(file.length / FLASH_ALIGNMENT) * FLASH_ALIGNMENT);
  file.copy(program);
  return { board, version, program, sha256: hashOf(program) };
}

/** Reads a regular file. Refuses anything else, because reading a named pipe would never end. */
async function readSmallFile(folder: string, name: string, maxBytes: number): Promise<Buffer> {
  const file = join(folder, name);
  const stats = await stat(file);
  if (!stats.isFile()) throw new Error(`${name} is not a file`);
  if (stats.size > maxBytes) throw new Error(`${name} has ${stats.size} bytes; at most ${maxBytes} are allowed`);
  return readFile(file);
}

const hashOf = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

function parseDescription(text: string): z.infer<typeof Description> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${DESCRIPTION_FILE} is not JSON (${textOf(error)})`, { cause: error });
  }
  const { data, error } = Description.safeParse(json);
  if (!error) return data;
  const [{ path, message }] = error.issues;
  throw new Error(`${DESCRIPTION_FILE} is not valid (${path.join(".") || "the file"}: ${message})`);
}
