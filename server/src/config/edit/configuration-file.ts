import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../common/errors.js";
import { readText } from "../bounded-file.js";
import { MAX_FILE_SIZE } from "../yaml-file.js";

/** The etag of a file that does not exist. */
const MISSING_FILE_ETAG = "none";

/**
 * Errors after which the file is overwritten in place: the folder is not writable, the owner cannot be kept, or the
 * file is mounted on its own into a container.
 */
const OVERWRITE_ERROR_CODES = new Set(["EACCES", "EPERM", "EBUSY", "EXDEV", "EROFS"]);

/** The text of the configuration file, and its version. */
export interface FileVersion {
  /** The text of the file; undefined if there is no file. */
  readonly text: string | undefined;
  /** Identifies the text. It changes with every change of the text. */
  readonly etag: string;
}

/** Reads and replaces the configuration file. */
export class ConfigurationFile {
  /** The absolute path of the file. */
  readonly path: string;

  /** @param name the path as the user wrote it, or the default */
  constructor(readonly name: string) {
    this.path = path.resolve(name);
  }

  /** Reads the file. @throws Error when the file exists but cannot be read */
  read(): FileVersion {
    if (!existsSync(this.path)) return { text: undefined, etag: MISSING_FILE_ETAG };
    const text = readText(this.path, MAX_FILE_SIZE);
    return { text, etag: createHash("sha256").update(text).digest("base64url").slice(0, 22) };
  }

  /**
   * Replaces the text and resolves when it is on the disk. A crash leaves either the old or the new file, with the same
   * mode and owner. Symbolic links are followed.
   * @throws Error when the file cannot be written; then the old text remains
   */
  async write(text: string): Promise<void> {
    const target = await realpath(this.path).catch(() => this.path);
    try {
      await replaceFile(target, text);
    } catch (error) {
      if (!OVERWRITE_ERROR_CODES.has(codeOf(error)) || !existsSync(target)) throw error;
      await overwriteFile(target, text);
    }
  }
}

/** Writes a temporary file next to the target, and renames it to the target. */
async function replaceFile(target: string, text: string): Promise<void> {
  const folder = path.dirname(target);
  const temporary = path.join(folder, `.${path.basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  const old = await stat(target).catch(() => undefined);
  const file = await open(temporary, "wx", 0o600);
  try {
    try {
      await file.writeFile(text);
      if (old && process.platform !== "win32") {
        const { uid, gid } = await file.stat();
        if (uid !== old.uid || gid !== old.gid) await file.chown(old.uid, old.gid);
        await file.chmod(old.mode & 0o7777);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Overwrites a file. Restores the old text if the disk is full. */
async function overwriteFile(target: string, text: string): Promise<void> {
  const file = await open(target, "r+");
  try {
    const old = await file.readFile();
    const writeContent = async (content: Buffer): Promise<void> => {
      await file.write(content, 0, content.length, 0);
      await file.truncate(content.length);
      await file.sync();
    };
    await writeContent(Buffer.from(text)).catch(async (error: unknown) => {
      await writeContent(old);
      throw error;
    });
  } finally {
    await file.close();
  }
}

/**
 * Writes a folder to disk, so that a renamed file survives a power failure. Windows cannot open folders and needs no
 * sync.
 */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
