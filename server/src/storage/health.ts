import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, NotStoredError, textOf } from "../common/errors.js";

/** The parts of the data folder, for messages about failed writes. */
export type StoragePart = "readings" | "retained messages" | "sessions and overrides";

/** Delay before a failed write is retried, in ms. */
export const RETRY_INTERVAL = 500;

/** Longest time that `waitUnlessFailing` waits while other writes fail, in ms. Callers then continue without waiting for the write. */
const MAX_WAIT_WHILE_FAILING = 250;

/** Interval at which a lasting problem is reported again, in ms. */
const REPORT_INTERVAL = 60_000;

/** The state of the data folder in the HTTP API: whether writes succeed. */
export interface StorageView {
  /** Sentences that say what cannot be written and what to do; null while all writes succeed. */
  readonly problem: string | null;
  /** Number of failed writes to the data folder since the server started. */
  readonly failures: number;
  /** Number of readings that are not acknowledged because they cannot be stored yet. */
  readonly readings_unacknowledged: number;
}

/** Callbacks for failing and recovering writes. */
export interface StorageListener {
  /** Called when a write fails, and every minute until writes succeed again. @param problem says what to do */
  failed?(problem: string): void;
  /** Called when all writes succeed again. */
  recovered?(): void;
}

/**
 * Tracks whether writes to the data folder succeed. Each writer reports its failures and successes here, and retries
 * every `RETRY_INTERVAL` ms. The server does not acknowledge data that it could not store.
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

  /** Number of failed writes since the server started. */
  get failureCount(): number {
    return this.#failures;
  }

  get isFailing(): boolean {
    return this.#problems.size > 0;
  }

  /** Sentences for people that say what is wrong and what to do; "" while all writes succeed. */
  get problem(): string {
    const [first] = this.#problems.values();
    return first ?? "";
  }

  addListener(listener: StorageListener): void {
    this.#listeners.add(listener);
  }

  /**
   * Waits until a write settles, or until writes begin to fail. If writes fail already, waits at most `MAX_WAIT_WHILE_FAILING`.
   * @returns whether the write has settled; otherwise it is still being retried
   */
  async waitUnlessFailing(writing: Promise<unknown>): Promise<boolean> {
    let ended = false;
    const markEnded = (): void => void (ended = true);
    const attempt = writing.then(markEnded, markEnded);
    if (this.isFailing) await Promise.race([attempt, sleep(MAX_WAIT_WHILE_FAILING)]);
    else {
      let listener: StorageListener = {};
      const failing = new Promise<void>((failed) => this.addListener((listener = { failed: () => failed() })));
      await Promise.race([attempt, failing]);
      this.#listeners.delete(listener);
    }
    return ended;
  }

  /**
   * Waits for a write to succeed.
   * @param consequence a sentence that says what it means for the user if the write is delayed
   * @throws NotStoredError while other writes fail, because this write must wait until they succeed; otherwise the
   * error of this write
   */
  async waitUntilStored(writing: Promise<void>, consequence: string): Promise<void> {
    if (await this.waitUnlessFailing(writing)) return writing;
    throw new NotStoredError(`${consequence} ${this.problem}`);
  }

  /** Records that a write to a part of the data folder failed. */
  recordFailure(part: StoragePart, error: unknown): void {
    this.#failures++;
    const began = !this.isFailing;
    this.#problems.set(part, describeWriteError(this.#folder, error));
    const now = performance.now();
    if (!began && now - this.#reportedAt < REPORT_INTERVAL) return;
    this.#reportedAt = now;
    for (const { failed } of this.#listeners) failed?.(this.problem);
  }

  /** Records that a write to a part of the data folder succeeded. */
  recordSuccess(part: StoragePart): void {
    if (!this.#problems.delete(part) || this.isFailing) return;
    for (const { recovered } of this.#listeners) recovered?.();
  }
}

/** Advice for each kind of write error. Patterns also match texts, because LevelDB reports the system error without its code. */
const WRITE_ERROR_ADVICE: readonly (readonly [pattern: RegExp, sentences: (folder: string, text: string) => string])[] =
  [
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

function describeWriteError(folder: string, error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  const text = textOf(error);
  const searched = [codeOf(error), text, codeOf(cause), cause === undefined ? "" : textOf(cause)].join(" ");
  const kind = WRITE_ERROR_ADVICE.find(([pattern]) => pattern.test(searched));
  const what = kind?.[1](folder, text) ?? `The data folder ${folder} cannot be written (${text}). Check the disk`;
  return `${what}. Until then the server goes on deciding, but acknowledges no readings, so that boards keep them.`;
}
