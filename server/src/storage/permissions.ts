import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { textOf } from "../common/errors.js";

/** Mode of a folder that only the owner can access. */
export const PRIVATE_FOLDER_MODE = 0o700;
/** Mode of a file that only the owner can read and write. */
export const PRIVATE_FILE_MODE = 0o600;

/** Matches the names of the server's own files in the data folder, including damaged and unfinished copies. */
const SERVER_FILE_NAME_PATTERN = /^(db|journal|retained|history\.db|history\.db-wal|users\.json)(\.|$)/;
const OTHERS_MODE_BITS = 0o077;

/**
 * Removes the permissions of other users from the server's files in the data folder. The files contain password hashes,
 * messages, and clues about when somebody was at home. The permissions of the folder itself change only if it contains
 * no other files, because other users may need access to it, for example if it is a home folder. Does nothing on
 * Windows, which has no such permissions.
 * @returns a sentence for each file that could not be changed
 */
export async function removeAccessOfOthers(folder: string): Promise<string[]> {
  if (process.platform === "win32") return [];
  const problems: string[] = [];

  async function restrict(path: string): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (!found || found.isSymbolicLink()) return;
    if (found.isDirectory()) for (const name of await readdir(path)) await restrict(join(path, name));
    await change(path, found.mode, found.isDirectory());
  }

  async function change(path: string, mode: number, isFolder: boolean): Promise<void> {
    if ((mode & OTHERS_MODE_BITS) === 0) return;
    try {
      await chmod(path, isFolder ? PRIVATE_FOLDER_MODE : PRIVATE_FILE_MODE);
    } catch (error) {
      problems.push(
        `Other users of this machine may have access to ${path}, which cannot be changed (${textOf(error)}); ` +
          `let its owner run chmod -R go= ${path}`,
      );
    }
  }

  const names = await readdir(folder);
  for (const name of names) if (SERVER_FILE_NAME_PATTERN.test(name)) await restrict(join(folder, name));
  if (names.every((name) => SERVER_FILE_NAME_PATTERN.test(name)))
    await change(folder, (await lstat(folder)).mode, true);
  return problems;
}
