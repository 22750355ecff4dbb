import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, NotStoredError, textOf } from "../common/errors.js";

/** What is written to the data folder. */
export type StoragePart = "readings" | "retained messages" | "sessions and overrides";

/** How long after a failure a write is tried again, in ms. */
export const RETRY = 500;

/** How long `orFailing` waits while something else cannot be written, in ms. */
const PATIENCE = 250;

/** A problem that lasts is reported again after so long, in ms. */
const REPORT_AGAIN = 60_000;

/** Whether what is to be remembered can be stored, as the API shows it. */
export interface StorageView {
  /** What cannot be written and what to do about it, in sentences; null when everything can. */
  readonly problem: string | null;
  /** Attempts to write to the data folder that failed since the server started. */
  readonly failures: number;
  /** Readings that are not acknowledged, because they cannot be stored yet. */
  readonly readings_unacknowledged: number;
}

/** Who learns when writing fails, and when it works again. */
export interface StorageListener {
  /** Something cannot be written. Called again every minute while that lasts. @param problem what to do about it */
  failed?(problem: string): void;
  /** Everything can be written again. */
  recovered?(): void;
}

/**
 * Whether the data folder can be written. Whatever writes to it reports here, and tries again every `RETRY` ms. Until all
 * of it works again, the server acknowledges nothing that it could not store.
 */
export class StorageHealth {
  readonly #folder: string;
  readonly #problems = new Map<StoragePart, string>();
  readonly #listeners = new Set<StorageListener>();
  #failures = 0;
  #reportedAt = -Infinity;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Attempts to write that failed since the server started. */
  get failures(): number {
    return this.#failures;
  }

  get isFailing(): boolean {
    return this.#problems.size > 0;
  }

  /** What is wrong and what to do, in sentences for people; "" when everything can be written. */
  get problem(): string {
    const [first] = this.#problems.values();
    return first ?? "";
  }

  listen(listener: StorageListener): void {
    this.#listeners.add(listener);
  }

  /** Resolves when a write has ended, or as soon as it must wait because writing fails. @returns whether it has ended */
  async orFailing(writing: Promise<unknown>): Promise<boolean> {
    let ended = false;
    const end = (): void => void (ended = true);
    const attempt = writing.then(end, end);
    if (this.isFailing) await Promise.race([attempt, sleep(PATIENCE)]);
    else {
      let listener: StorageListener = {};
      const failing = new Promise<void>((failed) => this.listen((listener = { failed: () => failed() })));
      await Promise.race([attempt, failing]);
      this.#listeners.delete(listener);
    }
    return ended;
  }

  /**
   * Resolves when a write has ended.
   * @param consequence a sentence: what it means that it has not
   * @throws NotStoredError as soon as it must wait because writing fails; what the write throws
   */
  async inTime(writing: Promise<void>, consequence: string): Promise<void> {
    if (await this.orFailing(writing)) return writing;
    throw new NotStoredError(`${consequence} ${this.problem}`);
  }

  /** An attempt to write failed. */
  failed(part: StoragePart, error: unknown): void {
    this.#failures++;
    const began = !this.isFailing;
    this.#problems.set(part, describe(this.#folder, error));
    const now = performance.now();
    if (!began && now - this.#reportedAt < REPORT_AGAIN) return;
    this.#reportedAt = now;
    for (const { failed } of this.#listeners) failed?.(this.problem);
  }

  /** A write succeeded. */
  works(part: StoragePart): void {
    if (!this.#problems.delete(part) || this.isFailing) return;
    for (const { recovered } of this.#listeners) recovered?.();
  }
}

/** Kinds of errors, and what to do about each. LevelDB gives the text of the system's error, and not its code. */
const KINDS: readonly (readonly [pattern: RegExp, sentences: (folder: string, text: string) => string])[] = [
  [
    /ENOSPC|EDQUOT|EFBIG|No space left|quota exceeded|File too large|disk is full/i,
    (folder) => `The disk of the data folder ${folder} is full. Free some space on it`,
  ],
  [
    /EMFILE|ENFILE|Too many open files/i,
    () => "The server has too many open files. Raise the limit (ulimit -n, with systemd LimitNOFILE=) and restart it",
  ],
  [
    /ENOENT|ESTALE|No such file/i,
    (folder) => `The data folder ${folder} was removed while the server runs. Put it back and restart the server`,
  ],
  [
    /EROFS|EACCES|EPERM|Read-only|Permission denied|not permitted/i,
    (folder, text) => `The data folder ${folder} cannot be written (${text}). Make it writable`,
  ],
];

function describe(folder: string, error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  const text = textOf(error);
  const all = [codeOf(error), text, codeOf(cause), cause === undefined ? "" : textOf(cause)].join(" ");
  const kind = KINDS.find(([pattern]) => pattern.test(all));
  const what = kind?.[1](folder, text) ?? `The data folder ${folder} cannot be written (${text}). Check the disk`;
  return `${what}. Until then the server goes on deciding, but acknowledges no readings, so that boards keep them.`;
}
