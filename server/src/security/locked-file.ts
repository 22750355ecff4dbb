import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, StartError } from "../common/errors.js";
import { FolderHandle } from "./folder-handle.js";

/** How long a command waits while another command writes the file, in ms. After this time, the command fails. */
const LOCK_WAIT_TIME = 2000;

/**
 * Replaces a text file atomically, also with concurrent readers and writers. If `change` throws, nothing changes. Only the owner
 * can read the file; when root changes the file, the owner of the folder becomes its owner.
 * @param what the contents of the file in error messages, such as `the users`
 * @param change returns the new text; receives the present text, or undefined for a missing file
 * @throws StartError when the file is a symbolic link or not writable
 */
export async function changeLockedFile(
  folder: string,
  name: string,
  what: string,
  change: (text: string | undefined) => string,
): Promise<void> {
  const file = join(folder, name);
  const newName = `${name}.new`;
  const handle = await FolderHandle.open(folder);
  try {
    // the temporary file is the lock that keeps other commands out
    const output = await acquireLock(handle, folder, newName, what);
    try {
      await output.writeFile(change(await handle.readFile(name)));
      await output.sync();
      await handle.replaceFile(output, newName, name);
    } catch (error) {
      await output.close();
      await handle.removeFile(newName);
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
  const deadline = performance.now() + LOCK_WAIT_TIME;
  for (;;) {
    try {
      return await handle.createFile(newName);
    } catch (error) {
      if (codeOf(error) !== "EEXIST")
        throw new StartError(
          `The data folder ${folder} cannot be written (${handle.messageOf(error)}); choose another with --data.`,
        );
      if (performance.now() > deadline)
        throw new StartError(
          `Another command is changing ${what}; try again. If none is, it was interrupted: delete ${join(folder, newName)}.`,
        );
      await sleep(50);
    }
  }
}
