import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, StartError, textOf } from "../common/errors.js";

// the flags with defaults do not exist on Windows
const { O_CREAT, O_EXCL, O_WRONLY, O_RDONLY, O_NOFOLLOW = 0, O_DIRECTORY = 0, O_NONBLOCK = 0 } = constants;

/** Identifies a file among others that had the same name before. */
export interface FileDescription {
  /** Changes when the file is written, or replaced by another one. */
  readonly signature: string;
  /** Whether it is a regular file, and not a symbolic link, a folder or something else. */
  readonly isRegular: boolean;
  /** When the file was written last, in ms since 1970. */
  readonly modified: number;
}

/**
 * An open folder whose files can be read and replaced without following symbolic links. The class protects root when root
 * works in a folder of another user, who can replace the folder or its files by symbolic links at any moment (TOCTOU
 * race). On Linux all paths go through the folder's file descriptor (`/proc/self/fd`), which stays valid when the path is
 * replaced.
 */
export class FolderHandle {
  readonly #path: string;
  readonly #handle: FileHandle | undefined;
  /** Prefix of file paths: the open file descriptor if the system supports that, otherwise the path of the folder. */
  readonly #base: string;

  private constructor(path: string, handle: FileHandle | undefined, base: string) {
    this.#path = path;
    this.#handle = handle;
    this.#base = base;
  }

  /** Opens a folder. Creates it if it does not exist. @throws StartError when the folder cannot be used */
  static async open(path: string): Promise<FolderHandle> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      if (process.platform === "win32") return new FolderHandle(path, undefined, path);
      const handle = await open(path, O_RDONLY | O_DIRECTORY);
      const through = `/proc/self/fd/${handle.fd}`;
      const [own, seen] = await Promise.all([handle.stat(), stat(through).catch(() => undefined)]);
      const same = seen !== undefined && seen.dev === own.dev && seen.ino === own.ino;
      return new FolderHandle(path, handle, same ? through : path);
    } catch (error) {
      throw new StartError(`The data folder ${path} cannot be used (${textOf(error)}); choose another with --data.`);
    }
  }

  /**
   * Reads a text file. Returns undefined for a missing file.
   * @throws StartError when the file is not a regular file or cannot be read
   */
  async readFile(name: string): Promise<string | undefined> {
    const path = join(this.#path, name);
    let file: FileHandle;
    try {
      // O_NONBLOCK: without this flag, opening a named pipe would wait for a writer
      file = await open(join(this.#base, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      if (codeOf(error) === "ELOOP")
        throw new StartError(
          `${path} is a symbolic link, which is not followed; put the file itself there, or give the folder that has it with --data.`,
        );
      throw new StartError(`${path} cannot be read (${this.messageOf(error)}); let this account read that file.`);
    }
    try {
      const { nlink } = await this.#assertRegular(file, path);
      // reject hard links: the owner of the folder could have linked a file that only root may read
      if (isRoot() && nlink > 1)
        throw new StartError(`${path} has a second name, as a hard link; replace it by a copy of itself.`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  }

  async #assertRegular(file: FileHandle, path: string) {
    const stats = await file.stat();
    if (!stats.isFile()) throw new StartError(`${path} is not a plain file; move it away.`);
    return stats;
  }

  /**
   * Creates a file that only its owner can read. If this process is root, the file belongs to the owner of the folder.
   * @throws Error with the code EEXIST when a file or symbolic link has this name
   */
  async createFile(name: string): Promise<FileHandle> {
    const file = await open(join(this.#base, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      if (isRoot() && this.#handle) {
        const { uid, gid } = await this.#handle.stat();
        // change the owner through the file descriptor, because the name may already refer to another file
        await file.chown(uid, gid);
      }
    } catch (error) {
      await file.close();
      await this.removeFile(name);
      throw error;
    }
    return file;
  }

  /**
   * Closes a file from `createFile`, and renames it from `from` to `to`. This atomically replaces an existing file
   * `to`.
   * @throws StartError when somebody has replaced the file meanwhile
   */
  async replaceFile(file: FileHandle, from: string, to: string): Promise<void> {
    const written = await file.stat();
    const found = await lstat(join(this.#base, from)).catch(() => undefined);
    if (!found || !isSameFile(found, written))
      throw new StartError(
        `${join(this.#path, from)} was replaced by another file while it was written, so ${to} stays as it was; find out who did that, and try again.`,
      );
    // Close only now, because a file system may give the number of a file that is deleted and closed to another one.
    await file.close();
    await rename(join(this.#base, from), join(this.#base, to));
  }

  /**
   * Closes a file from `createFile`, and removes it. A file of another process that has replaced it remains; a symbolic
   * link does not.
   */
  async discardFile(file: FileHandle, name: string): Promise<void> {
    // The file is closed already if only its new name was refused.
    const own = await file.stat().catch(() => undefined);
    const found = await lstat(join(this.#base, name)).catch(() => undefined);
    await file.close();
    if (!own || !found?.isFile() || isSameFile(found, own)) await this.removeFile(name);
  }

  /** Describes a file without following symbolic links; returns undefined for a missing file. */
  async describeFile(name: string): Promise<FileDescription | undefined> {
    const stats = await lstat(join(this.#base, name)).catch(() => undefined);
    if (!stats) return undefined;
    const signature = [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(" ");
    return { signature, isRegular: stats.isFile(), modified: stats.mtimeMs };
  }

  async removeFile(name: string): Promise<void> {
    await rm(join(this.#base, name), { force: true });
  }

  /** Returns the message of an error, with the path of the folder instead of the file descriptor. */
  messageOf(error: unknown): string {
    return textOf(error).replaceAll(this.#base, this.#path);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
