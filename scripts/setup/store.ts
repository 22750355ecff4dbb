/** Reads `.env.local`, and replaces it atomically. */
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../../sim/settings.js";
import { parseAsDeviceScript } from "./devicescript.js";
import { replaceSettings } from "./env-file.js";

/** The file with a board's settings. */
export const ENV_FILE = ".env.local";
/** The backup of the previous text of `.env.local`. Git ignores both files; DeviceScript does not read the backup. */
export const BACKUP_FILE = ".env.previous.local";

/**
 * Reads a file of the folder; undefined when the file does not exist.
 * @throws Error when the file cannot be read
 */
export async function readEnvFile(folder: string, name = ENV_FILE): Promise<string | undefined> {
  try {
    return await readFile(path.join(folder, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${path.join(folder, name)} cannot be read (${(error as Error).message}): make yourself its owner, or delete it.`, { cause: error }); // prettier-ignore
  }
}

/**
 * Writes settings to `.env.local` of the folder, readable by its owner only. A changed file's previous text goes to
 * `.env.previous.local`.
 * @returns whether the file changed
 * @throws Error without writing when DeviceScript would not read back exactly these settings
 */
export async function writeEnvFile(folder: string, settings: Settings): Promise<boolean> {
  const before = await readEnvFile(folder);
  const text = replaceSettings(before ?? "", settings);
  verifyReadBack(text, before ?? "", settings);
  if (before !== undefined && before !== text) await replaceFile(folder, BACKUP_FILE, before);
  await replaceFile(folder, ENV_FILE, text);
  verifyReadBack((await readEnvFile(folder)) ?? "", before ?? "", settings);
  return before !== text;
}

/** Checks that DeviceScript reads back the new settings exactly, and all other settings unchanged. */
function verifyReadBack(text: string, before: string, settings: Settings): void {
  const read = parseAsDeviceScript(text);
  const isNewSetting = (key: string) => Object.hasOwn(settings, key.trim());
  for (const [key, value] of Object.entries(settings)) {
    if (!isDeepStrictEqual(read[key], value))
      throw new Error(`DeviceScript would read ${key} back with a different value; ${ENV_FILE} is unchanged. Choose another value.`); // prettier-ignore
  }
  const selectOtherSettings = (from: Settings) =>
    Object.entries(from).filter(([key]) => !isNewSetting(key.replace(/^\uFEFF/, "")));
  if (!isDeepStrictEqual(selectOtherSettings(read), selectOtherSettings(parseAsDeviceScript(before))))
    throw new Error(`Other settings in ${ENV_FILE} would change, so the file is unchanged; correct its lines that are not KEY=value.`); // prettier-ignore
}

/** Replaces a file atomically: writes a temporary file and renames it. */
async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const file = path.join(folder, name);
  // Git ignores names that end with .local, in case a crash leaves this file behind
  const temporary = path.join(folder, `.env.${randomUUID()}.local`);
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`${file} could not be written (${(error as Error).message}).`, { cause: error });
  }
}
