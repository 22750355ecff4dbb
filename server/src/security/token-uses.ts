import { clock } from "../time/monotonic-clock.js";
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const TokenUsesFile = z.strictObject({
  version: z.literal(1),
  /** Time of the last use of each token, ISO 8601, by token hash. */
  used: z.record(z.string(), z.iso.datetime()),
});

/** Delays before a use of a token is written to disk, in ms. */
export interface WriteDelays {
  /** Delay after the first use of a token in a day, in ms. */
  readonly first: number;
  /** Delay after any further use of a token, in ms. A token in constant use causes one write per delay. */
  readonly further: number;
}

const WRITE_DELAYS: WriteDelays = { first: 1000, further: 10 * MINUTE };

/** Returns the path of the file with the last use of each token. The users file is separate, because it changes less often. */
export function tokenUsesFilePath(folder: string): string {
  return join(folder, "token-uses.json");
}

/**
 * Reads the time of the last use of each token, in ms since 1970, by token hash. A missing file means no uses.
 * @throws Error when the file is damaged or cannot be read
 */
export function readTokenUses(folder: string): Map<string, number> {
  let text: string;
  try {
    text = readFileSync(tokenUsesFilePath(folder), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Map();
    throw error;
  }
  const { used } = TokenUsesFile.parse(JSON.parse(text));
  return new Map(Object.entries(used).map(([hash, time]) => [hash, Date.parse(time)]));
}

/**
 * Tracks the last use of each token, to the minute. The file is written rarely, see `WriteDelays`, so `kill -9` can lose the
 * uses of the last ten minutes.
 */
export class TokenUses {
  readonly #folder: string;
  readonly #log: Log;
  readonly #delays: WriteDelays;
  readonly #isToken: (hash: string) => boolean;
  readonly #used: Map<string, number>;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  /** @param isToken returns whether a token with this hash still exists; the uses of other tokens are deleted */
  constructor(folder: string, log: Log, isToken: (hash: string) => boolean, delays = WRITE_DELAYS) {
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
      const file = tokenUsesFilePath(this.#folder);
      this.#log.warn(
        "security",
        `${file}, which has the last uses of tokens, cannot be read (${textOf(error)}). The next use of a token replaces the file.`,
      );
      return new Map();
    }
  }

  /** Records a use of a token. @param now in ms since 1970 */
  recordUse(hash: string, now = clock.wallNow()): void {
    const minute = now - (now % MINUTE);
    const before = this.#used.get(hash);
    if (before === minute) return;
    this.#used.set(hash, minute);
    if (before === undefined || minute - before >= DAY) {
      clearTimeout(this.#timer);
      this.#timer = this.#schedule(this.#delays.first);
    } else this.#timer ??= this.#schedule(this.#delays.further);
  }

  /** Returns when a token was last used, in ms since 1970; undefined for never. */
  lastUseOf(hash: string): number | undefined {
    return this.#used.get(hash);
  }

  #schedule(delay: number): NodeJS.Timeout {
    return setTimeout(() => this.#write(), delay).unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const used: Record<string, string> = {};
    for (const [hash, time] of this.#used)
      if (this.#isToken(hash)) used[hash] = new Date(time).toISOString();
      else this.#used.delete(hash);
    const file = tokenUsesFilePath(this.#folder);
    try {
      replaceFile(file, JSON.stringify({ version: 1, used }, null, 2) + "\n");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log.warn(
          "security",
          `The last uses of tokens cannot be written to ${file} (${textOf(error)}). Until then, user list shows older times.`,
        );
      this.#failing = true;
      this.#timer = this.#schedule(this.#delays.further);
    }
  }

  /** Stops the timer and writes pending uses to disk. */
  close(): void {
    if (this.#timer) this.#write();
    clearTimeout(this.#timer);
  }
}

/** Replaces a file atomically. Only its owner can read the file. */
function replaceFile(file: string, text: string): void {
  const next = `${file}.new`;
  // a killed process may have left this file; no other process writes here
  rmSync(next, { force: true });
  const fd = openSync(next, "wx", 0o600);
  try {
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
}
