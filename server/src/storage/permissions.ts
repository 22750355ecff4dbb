import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { textOf } from "../common/errors.js";

/** For the owner alone. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** What the server itself keeps in its data folder, damaged and unfinished copies included. */
const OWN = /^(db|journal|retained|history\.db|history\.db-wal|users\.json)(\.|$)/;
const OTHERS = 0o077;

/**
 * Takes the permissions of other users from what the server keeps in its data folder: hashes of passwords, what clients
 * sent, when somebody was at home. The folder itself is changed only when nothing else is in it, because it may be one
 * that others need, such as a home folder. Windows has no such permissions.
 * @returns for each that could not be changed, a sentence
 */
export async function keepPrivate(folder: string): Promise<string[]> {
  if (process.platform === "win32") return [];
  const problems: string[] = [];

  async function restrict(path: string): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (!found || found.isSymbolicLink()) return;
    if (found.isDirectory()) for (const name of await readdir(path)) await restrict(join(path, name));
    await change(path, found.mode, found.isDirectory());
  }

  async function change(path: string, mode: number, isFolder: boolean): Promise<void> {
    if ((mode & OTHERS) === 0) return;
    try {
      await chmod(path, isFolder ? PRIVATE_FOLDER : PRIVATE_FILE);
    } catch (error) {
      problems.push(
        `Other users of this machine may have access to ${path}, which cannot be changed (${textOf(error)}); ` +
          `let its owner run chmod -R go= ${path}`,
      );
    }
  }

  const names = await readdir(folder);
  for (const name of names) if (OWN.test(name)) await restrict(join(folder, name));
  if (names.every((name) => OWN.test(name))) await change(folder, (await lstat(folder)).mode, true);
  return problems;
}
