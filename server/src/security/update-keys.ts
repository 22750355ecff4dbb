import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { idProblem } from "../../../contract/index.js";
import { codeOf, StartError, textOf } from "../common/errors.js";
import { changeLockedFile } from "./locked-file.js";

const KEYS_FILE_NAME = "update-keys.json";

/** Length of a key in bytes: AES-256. */
export const UPDATE_KEY_BYTES = 32;

const KeysFile = z.strictObject({
  version: z.literal(1),
  keys: z.record(
    z.string().refine((id) => !idProblem(id), "is no device id"),
    z.string().regex(/^[0-9a-f]{64}$/, "is no key of 64 hexadecimal digits"),
  ),
});

/** The keys of all boards in hexadecimal, by device id. */
type KeysById = ReadonlyMap<string, string>;

/**
 * The keys that protect program updates over the air: 32 random bytes for each board. A board and its server share the
 * key, which proves to each the identity of the other. The keys are in a file of the data folder that only its owner can
 * read. Commands may change the file while a server runs.
 */
export class UpdateKeys {
  readonly #folder: string;
  #version = "";
  #keys: KeysById = new Map();
  #changing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the key of a board; undefined if the board has none. @throws StartError when the file is damaged */
  async find(id: string): Promise<Buffer | undefined> {
    await this.#reload();
    const key = this.#keys.get(id);
    return key === undefined ? undefined : Buffer.from(key, "hex");
  }

  /**
   * Returns the key of a board, and creates the key if the board has none.
   * @throws StartError when the file is damaged or cannot be written
   */
  async obtain(id: string): Promise<Buffer> {
    const found = await this.find(id);
    if (found) return found;
    let key = "";
    await this.#change((keys) => {
      // another command may have created the key meanwhile
      key = keys.get(id) ?? randomBytes(UPDATE_KEY_BYTES).toString("hex");
      keys.set(id, key);
    });
    return Buffer.from(key, "hex");
  }

  /** Removes the key of a board, if it has one. @throws StartError when the file cannot be written */
  async remove(id: string): Promise<void> {
    await this.#reload();
    if (this.#keys.has(id)) await this.#change((keys) => void keys.delete(id));
  }

  /** Changes the file after earlier changes of this process, which then do not wait for the lock of each other. */
  #change(change: (keys: Map<string, string>) => void): Promise<void> {
    const done = this.#changing.then(() => this.#replaceFile(change));
    this.#changing = done.catch(() => {});
    return done;
  }

  async #replaceFile(change: (keys: Map<string, string>) => void): Promise<void> {
    await changeLockedFile(this.#folder, KEYS_FILE_NAME, "the update keys", (text) => {
      const keys = new Map(text === undefined ? [] : parseKeys(this.#file, text));
      change(keys);
      const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
      return JSON.stringify({ version: 1, keys: Object.fromEntries(sorted) }, null, 2) + "\n";
    });
  }

  get #file(): string {
    return join(this.#folder, KEYS_FILE_NAME);
  }

  async #reload(): Promise<void> {
    const stats = await stat(this.#file).catch(() => undefined);
    const version = stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size}` : "missing";
    if (version === this.#version) return;
    this.#keys = await readKeys(this.#file);
    this.#version = version;
  }
}

async function readKeys(file: string): Promise<KeysById> {
  try {
    return parseKeys(file, await readFile(file, "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Map();
    if (!codeOf(error)) throw error;
    throw new StartError(
      `The update keys in ${file} cannot be read (${textOf(error)}); let this account read that file.`,
    );
  }
}

function parseKeys(file: string, text: string): KeysById {
  const remedy = "put a copy of it back, or remove it and give each board a new UPDATE_URL.";
  try {
    return new Map(Object.entries(KeysFile.parse(JSON.parse(text)).keys));
  } catch (error) {
    const problem = error instanceof z.ZodError ? error.issues[0].message : textOf(error);
    throw new StartError(`The update keys in ${file} are damaged (${problem}); ${remedy}`);
  }
}
