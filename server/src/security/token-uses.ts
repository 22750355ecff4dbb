import { clock } from "../time/monotonic-clock.js";
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const UsesFile = z.strictObject({
  version: z.literal(1),
  /** When each token was last used, ISO 8601, by its hash. */
  used: z.record(z.string(), z.iso.datetime()),
});

/** How long a use may wait until it is written, in ms. */
export interface WriteDelays {
  /** The first use of a token in a day. */
  readonly first: number;
  /** Any further use: a token that is used all the time costs a write in this time. */
  readonly further: number;
}

const DELAYS: WriteDelays = { first: 1000, further: 10 * MINUTE };

/** Where the last uses of tokens are, in a data folder. They change often, the users do not. */
export function tokenUsesFile(folder: string): string {
  return join(folder, "token-uses.json");
}

/**
 * Reads when each token was last used, in ms since 1970, by its hash; nothing when there is no file.
 * @throws Error when the file is damaged or cannot be read
 */
export function readTokenUses(folder: string): Map<string, number> {
  let text: string;
  try {
    text = readFileSync(tokenUsesFile(folder), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Map();
    throw error;
  }
  const { used } = UsesFile.parse(JSON.parse(text));
  return new Map(Object.entries(used).map(([hash, time]) => [hash, Date.parse(time)]));
}

/**
 * Remembers when each token was last used, to the minute. The file is written rarely: see `WriteDelays`. `kill -9` can lose
 * the uses of the last ten minutes.
 */
export class TokenUses {
  readonly #folder: string;
  readonly #log: Log;
  readonly #delays: WriteDelays;
  readonly #isToken: (hash: string) => boolean;
  readonly #used: Map<string, number>;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  /** @param isToken whether a hash is still that of a token: others are left out of the file */
  constructor(folder: string, log: Log, isToken: (hash: string) => boolean, delays = DELAYS) {
    this.#folder = folder;
    this.#log = log;
    this.#isToken = isToken;
    this.#delays = delays;
    this.#used = this.#load();
  }

  #load(): Map<string, number> {
    try {
      return readTokenUses(this.#folder);
    } catch (error) {
      const file = tokenUsesFile(this.#folder);
      this.#log.warn(
        "security",
        `${file}, which says when tokens were last used, cannot be read (${textOf(error)}); it is written anew with the next use.`,
      );
      return new Map();
    }
  }

  /** A token was used. */
  add(hash: string, now = clock.wallNow()): void {
    const minute = now - (now % MINUTE);
    const before = this.#used.get(hash);
    if (before === minute) return;
    this.#used.set(hash, minute);
    if (before === undefined || minute - before >= DAY) {
      clearTimeout(this.#timer);
      this.#timer = this.#wait(this.#delays.first);
    } else this.#timer ??= this.#wait(this.#delays.further);
  }

  #wait(delay: number): NodeJS.Timeout {
    return setTimeout(() => this.#write(), delay).unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const used: Record<string, string> = {};
    for (const [hash, time] of this.#used)
      if (this.#isToken(hash)) used[hash] = new Date(time).toISOString();
      else this.#used.delete(hash);
    const file = tokenUsesFile(this.#folder);
    try {
      replace(file, JSON.stringify({ version: 1, used }, null, 2) + "\n");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log.warn(
          "security",
          `When tokens were last used cannot be written to ${file} (${textOf(error)}); user list shows older times until it can.`,
        );
      this.#failing = true;
      this.#timer = this.#wait(this.#delays.further);
    }
  }

  /** Writes what is not written yet. */
  close(): void {
    if (this.#timer) this.#write();
    clearTimeout(this.#timer);
  }
}

/** Replaces a file as a whole. Only its owner can read it. */
function replace(file: string, text: string): void {
  const next = `${file}.new`;
  // left by a process that was killed; this server alone writes here
  rmSync(next, { force: true });
  const fd = openSync(next, "wx", 0o600);
  try {
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
}
