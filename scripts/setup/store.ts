/** `.env.local` on disk: read, and replaced as a whole or not at all. */
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../../sim/settings.js";
import { parseAsDeviceScript } from "./devicescript.js";
import { change } from "./env-file.js";

export const FILE = ".env.local";
/** Git ignores it as it ignores FILE, and DeviceScript does not read it. */
export const PREVIOUS = ".env.previous.local";

/**
 * The text of a file in the folder; undefined when there is none.
 * @throws Error with a sentence when it cannot be read
 */
export async function readText(folder: string, name = FILE): Promise<string | undefined> {
  try {
    return await readFile(path.join(folder, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${path.join(folder, name)} cannot be read (${(error as Error).message}): make it a file of yours, or delete it.`, { cause: error }); // prettier-ignore
  }
}

/**
 * Puts settings into `.env.local` of the folder, which only its owner can read afterwards; the text that it had, if
 * another, goes to `.env.previous.local`.
 * @returns whether anything changed
 * @throws Error when DeviceScript would not read back exactly these settings: then nothing was written
 */
export async function store(folder: string, settings: Settings): Promise<boolean> {
  const before = await readText(folder);
  const text = change(before ?? "", settings);
  verify(text, before ?? "", settings);
  if (before !== undefined && before !== text) await replace(folder, PREVIOUS, before);
  await replace(folder, FILE, text);
  verify((await readText(folder)) ?? "", before ?? "", settings);
  return before !== text;
}

/** Compares what DeviceScript reads with what was meant, and all other settings with what they were. */
function verify(text: string, before: string, settings: Settings): void {
  const read = parseAsDeviceScript(text);
  const ours = (key: string) => Object.hasOwn(settings, key.trim());
  for (const [key, value] of Object.entries(settings)) {
    if (!isDeepStrictEqual(read[key], value))
      throw new Error(`DeviceScript would not read ${key} back as it was meant; ${FILE} stays as it was. Choose another.`); // prettier-ignore
  }
  const others = (from: Settings) => Object.entries(from).filter(([key]) => !ours(key.replace(/^\uFEFF/, "")));
  if (!isDeepStrictEqual(others(read), others(parseAsDeviceScript(before))))
    throw new Error(`Other settings in ${FILE} would change, so it stays as it was; look for lines that are not KEY=value in it.`); // prettier-ignore
}

async function replace(folder: string, name: string, text: string): Promise<void> {
  const file = path.join(folder, name);
  // ends as Git ignores it, should it be left behind
  const made = path.join(folder, `.env.${randomUUID()}.local`);
  try {
    const handle = await open(made, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    throw new Error(`${file} could not be written (${(error as Error).message}).`, { cause: error });
  }
}
