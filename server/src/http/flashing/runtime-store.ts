/**
 * Keeps DeviceScript's runtimes for the chips of boards: downloads each once, verifies its checksum, and keeps a copy.
 *
 * Without a pinned checksum, the first copy counts: its checksum is recorded beside it, and later copies must be the same.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { isImageFor } from "../../../../flashing/board-image.js";
import { textOf } from "../../common/errors.js";

/** Where a runtime comes from. */
export interface RuntimeSource {
  readonly url: string;
  /** SHA-256 of the file in hexadecimal digits; undefined when it is not pinned. */
  readonly sha256?: string;
}

export type RuntimeSources = Readonly<Record<string, RuntimeSource>>;

/** How a runtime was obtained and verified. */
export type RuntimeOrigin = "copy" | "first-copy" | "download" | "repeated-download" | "first-download";

/** A runtime in memory. */
export interface StoredRuntime {
  /** File name in the store, such as `devicescript-esp32c3-esp32c3_bare-0x0.bin`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly origin: RuntimeOrigin;
  /** Why the copy or its checksum could not be stored, as a sentence; undefined if everything is stored. */
  readonly problem?: string;
}

/** A download that failed. */
export class RuntimeDownloadError extends Error {
  /** @param reason what went wrong, as the end of a sentence */
  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(`${url} could not be downloaded: ${reason}`);
  }
}

/** A download whose checksum is not the expected one. */
export class RuntimeChecksumError extends Error {
  constructor(
    readonly source: RuntimeSource,
    readonly actual: string,
    readonly expected: string,
  ) {
    super(`${source.url} has the SHA-256 ${actual} instead of ${expected}`);
  }
}

/** Name of the file in the store that records the checksums of first copies. */
export const CHECKSUMS_FILE = "checksums.json";
/** Time limit in ms for the download of 1.3 MB, which takes minutes on a slow connection. */
const DOWNLOAD_TIMEOUT = 300_000;

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Returns the file name of a runtime in the store. */
export const runtimeNameOf = ({ url }: RuntimeSource): string => path.posix.basename(new URL(url).pathname);

export class RuntimeStore {
  readonly #gets = new Map<string, Promise<StoredRuntime>>();
  /** Settles when the last checksum is recorded. */
  #recording: Promise<unknown> = Promise.resolve();

  /** @param folder the folder with the copies, which may be missing */
  constructor(
    readonly folder: string,
    private readonly fetch: typeof globalThis.fetch = globalThis.fetch,
  ) {}

  /**
   * Gets the runtime for a chip. Requests for the same chip at the same time share one download. Succeeds even if the copy
   * cannot be stored, for example on a full disk.
   * @param arch DeviceScript's name of the chip, such as `esp32c3`
   * @throws RuntimeDownloadError when there is neither a valid copy nor a download
   * @throws RuntimeChecksumError when the download has another checksum
   */
  get(arch: string, source: RuntimeSource): Promise<StoredRuntime> {
    const running = this.#gets.get(arch);
    if (running) return running;
    const get = this.#get(arch, source).finally(() => this.#gets.delete(arch));
    this.#gets.set(arch, get);
    return get;
  }

  async #get(arch: string, source: RuntimeSource): Promise<StoredRuntime> {
    const name = runtimeNameOf(source);
    const expected = source.sha256 ?? (await this.#checksums())[name];
    const copy = await this.read(name);
    if (copy && isImageFor(arch, copy)) {
      if (sha256Of(copy) === expected) return { name, bytes: copy, origin: "copy" };
      if (!expected) {
        const problem = await this.#attempt(() => this.#recordChecksum(name, sha256Of(copy)));
        return { name, bytes: copy, origin: "first-copy", problem };
      }
    }
    const bytes = await downloadRuntime(source.url, arch, this.fetch);
    const sha256 = sha256Of(bytes);
    if (expected && sha256 !== expected) throw new RuntimeChecksumError(source, sha256, expected);
    const problem = await this.#attempt(async () => {
      await this.#write(name, bytes);
      if (!source.sha256) await this.#recordChecksum(name, sha256);
    });
    if (source.sha256) return { name, bytes, origin: "download", problem };
    return { name, bytes, origin: expected ? "repeated-download" : "first-download", problem };
  }

  /** Stores something. Returns the problem if that fails, as a sentence. */
  async #attempt(store: () => Promise<void>): Promise<string | undefined> {
    try {
      await store();
      return undefined;
    } catch (error) {
      return `The copy of the runtime in ${this.folder} could not be stored (${textOf(error)}), so that it is downloaded again next time.`;
    }
  }

  /** Returns the copy with this name, which may be damaged; undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined> {
    return readFile(path.join(this.folder, name)).catch(() => undefined);
  }

  /** Writes a file as a whole, so that an interruption leaves no partial file. */
  async #write(name: string, content: Uint8Array | string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const file = path.join(this.folder, name);
    await writeFile(`${file}.part`, content);
    await rename(`${file}.part`, file);
  }

  /** Records a checksum after those of other chips, because all of them are in one file. */
  #recordChecksum(name: string, sha256: string): Promise<void> {
    const recorded = this.#recording.then(async () => {
      const checksums = { ...(await this.#checksums()), [name]: sha256 };
      await this.#write(CHECKSUMS_FILE, JSON.stringify(checksums, undefined, 2));
    });
    this.#recording = recorded.catch(() => {});
    return recorded;
  }

  async #checksums(): Promise<Record<string, string>> {
    const text = await readFile(path.join(this.folder, CHECKSUMS_FILE), "utf8").catch(() => "{}");
    try {
      return JSON.parse(text) as Record<string, string>;
    } catch {
      return {};
    }
  }
}

/** Downloads the runtime for a chip. @throws RuntimeDownloadError */
export async function downloadRuntime(url: string, arch: string, fetch: typeof globalThis.fetch): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) });
    if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new RuntimeDownloadError(url, describeNetworkError(error));
  }
  if (isImageFor(arch, bytes)) return bytes;
  throw new RuntimeDownloadError(url, "what arrived is not a runtime; perhaps a proxy or a login page answered");
}

/** Returns the reason of a failed `fetch`, which is in its cause. */
export function describeNetworkError(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
