import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, StartError } from "../common/errors.js";
import { clock } from "../time/monotonic-clock.js";
import { FolderHandle, type FileDescription } from "./folder-handle.js";

/** How long a command waits while the lock does not change hands, in ms. After this time, the command fails. */
const LOCK_WAIT_TIME = 2000;

/** How long a command waits in all, in ms, even if the lock changes hands again and again. */
const MAX_LOCK_WAIT_TIME = 20_000;

/**
 * Age in ms after which a lock file is abandoned, if it does not change while a command waits for it. A process that is
 * killed leaves its lock file behind; a process that is alive needs some ms, or some seconds with a very busy disk.
 */
const ABANDONED_LOCK_AGE = 10_000;

/**
 * Replaces a text file atomically, also with concurrent readers and writers. If `change` throws, nothing changes. Only
 * the owner can read the file. When root changes it, the owner of the folder becomes its owner. The lock file of a process
 * that was killed is removed after some seconds; the change of that process is lost, but never half written.
 * @param what the contents of the file in error messages, such as `the users`
 * @param change returns the new text; receives the present text, or undefined for a missing file. It must end soon,
 * because other commands wait meanwhile
 * @throws StartError when the file is a symbolic link or not writable, or another command keeps it locked
 */
export async function changeLockedFile(
  folder: string,
  name: string,
  what: string,
  change: (text: string | undefined) => string | Promise<string>,
): Promise<void> {
  const file = join(folder, name);
  const newName = `${name}.new`;
  const handle = await FolderHandle.open(folder);
  try {
    // the temporary file is the lock that keeps other commands out
    const output = await acquireLock(handle, folder, newName, what);
    try {
      await output.writeFile(await change(await handle.readFile(name)));
      await output.sync();
      await handle.replaceFile(output, newName, name);
    } catch (error) {
      await handle.discardFile(output, newName);
      throw error;
    }
  } catch (error) {
    const capitalized = what[0].toUpperCase() + what.slice(1);
    throw codeOf(error)
      ? new StartError(`${capitalized} in ${file} cannot be written (${handle.messageOf(error)}).`)
      : error;
  } finally {
    await handle.close();
  }
}

async function acquireLock(handle: FolderHandle, folder: string, newName: string, what: string): Promise<FileHandle> {
  const start = performance.now();
  let unchangedSince = start;
  let last = await handle.describeFile(newName);
  for (;;) {
    try {
      return await handle.createFile(newName);
    } catch (error) {
      if (codeOf(error) !== "EEXIST")
        throw new StartError(
          `The data folder ${folder} cannot be written (${handle.messageOf(error)}); choose another with --data.`,
        );
    }
    const now = performance.now();
    const found = await handle.describeFile(newName);
    // Many commands that change the file at once take turns, so one of them may wait for several others.
    if (!found || found.signature !== last?.signature) unchangedSince = now;
    last = found;
    const isWaitOver = now - unchangedSince > LOCK_WAIT_TIME;
    if (isWaitOver && found && isAbandoned(found)) await handle.removeFile(newName);
    else if (isWaitOver || now - start > MAX_LOCK_WAIT_TIME) throw describeLock(join(folder, newName), what, found);
    await sleep(50);
  }
}

/** The wall clock may have been set back since a file was written, so a time in the future means an old file, too. */
function isAbandoned({ isRegular, modified }: FileDescription): boolean {
  return isRegular && Math.abs(clock.wallNow() - modified) >= ABANDONED_LOCK_AGE;
}

function describeLock(file: string, what: string, found: FileDescription | undefined): StartError {
  const remedy = found && !found.isRegular ? `move ${file} away` : `try again in ${ABANDONED_LOCK_AGE / 1000} s`;
  return new StartError(`Another command is changing ${what}; ${remedy}.`);
}
