import { unlink } from "node:fs/promises";
import { LogFile, listLogNumbers, logFilePath } from "./append-log.js";
import type { ReportDamage } from "./damage.js";
import { recoverLog } from "./log-recovery.js";
import { decodeMessages, RetainedBatch, type RetainedMessageHandler } from "./retained-batch.js";

/** Growth that triggers a compaction, in bytes. The log must also have doubled in size since the last compaction. */
const COMPACTION_GROWTH_BYTES = 4_194_304;
/** Maximum number of files; one more triggers a compaction. Each start adds a file. */
const MAX_LOG_FILES = 8;
/** Messages per write during a compaction. Other work can run between two writes. */
const MESSAGES_PER_WRITE = 50;

/** Text for damage reports: what the log contains, and what a loss means for users. */
const DAMAGE_CONSEQUENCE =
  "It holds retained messages: topics may have lost their message or have an older one, until somebody publishes there again.";

export interface RetainedLogOptions {
  /** Replaces `COMPACTION_GROWTH_BYTES` in tests, in bytes. */
  readonly compactionGrowth?: number;
  /** Whether the previous run closed the log, so that its last file must be complete. */
  readonly wasClosed?: boolean;
  readonly reportDamage?: ReportDamage;
}

/** Returns all messages that are retained now. */
export type ListMessages = () => Iterable<Parameters<RetainedMessageHandler>>;

/**
 * Append-only log of retained messages. A batch takes a few µs to reach the page cache; a database would take as long for a
 * single message. When the log has grown, a compaction writes the current messages to a new file and deletes the old files.
 * The log survives `kill -9` of the process, but a power failure can lose the latest writes.
 */
export class RetainedLog {
  readonly #folder: string;
  readonly #listMessages: ListMessages;
  readonly #compactionGrowth: number;
  readonly #closedBefore: boolean;
  readonly #damaged: ReportDamage;
  /** Paths of the files that receive no new batches, oldest first. The next compaction deletes them. */
  #oldFiles: string[] = [];
  /** The file that receives new batches. */
  #current!: LogFile;
  #number = 0;
  readonly #batch = new RetainedBatch();
  /** Total length of all files, in bytes. */
  #length = 0;
  /** Estimated total length of all files after the last compaction, in bytes. */
  #compactLength = 0;
  #compacting: Promise<void> | undefined;
  #closed = false;

  /** @param folder folder of the log files; the first write creates a missing folder */
  constructor(
    folder: string,
    contents: ListMessages,
    { compactionGrowth = COMPACTION_GROWTH_BYTES, wasClosed = false, reportDamage = () => {} }: RetainedLogOptions = {},
  ) {
    this.#folder = folder;
    this.#listMessages = contents;
    this.#compactionGrowth = compactionGrowth;
    this.#closedBefore = wasClosed;
    this.#damaged = reportDamage;
    this.#startFile();
  }

  /** Reads all messages in order, and reports damage. Call this once, before the first `add`. */
  async load(onRecord: RetainedMessageHandler): Promise<void> {
    const numbers = await listLogNumbers(this.#folder);
    for (const number of numbers) {
      const file = logFilePath(this.#folder, number);
      const mustHaveEndMark = this.#closedBefore || number !== numbers.at(-1);
      const { payloads, length } = await recoverLog(file, {
        mustHaveEndMark,
        consequence: DAMAGE_CONSEQUENCE,
        reportDamage: this.#damaged,
      });
      this.#oldFiles.push(file);
      this.#length += length;
      for (const payload of payloads) decodeMessages(payload, onRecord);
      this.#number = number;
    }
    // never append to a file of an earlier run
    this.#startFile();
    for (const [topic, payload] of this.#listMessages()) this.#compactLength += topic.length + payload.length;
    if (this.#oldFiles.length > MAX_LOG_FILES) this.#startCompaction();
  }

  /** Adds a message to the next batch. An empty payload deletes the retained message of the topic. */
  add(...message: Parameters<RetainedMessageHandler>): void {
    this.#batch.add(...message);
  }

  /**
   * Writes the current batch of messages to the log.
   * @throws Error when the write fails; the messages stay in the batch for the next attempt
   */
  writeBatch(): void {
    this.#appendBatch();
    if (this.#length > 2 * this.#compactLength + this.#compactionGrowth && !this.#compacting) this.#startCompaction();
  }

  /** Closes the log. Resolves after a running compaction has stopped. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#compacting;
    this.#current.close();
  }

  #startFile(): void {
    this.#current = new LogFile(logFilePath(this.#folder, ++this.#number));
  }

  #startCompaction(): void {
    this.#compacting = this.#compact()
      // after a failure the old files stay, and the next compaction starts after the same growth again
      .catch(() => {})
      .finally(() => {
        this.#compactLength = this.#length;
        this.#compacting = undefined;
      });
  }

  /** Writes all retained messages to a new file, together with messages that arrive meanwhile, and deletes the old files. */
  async #compact(): Promise<void> {
    this.#current.close();
    const old = [...this.#oldFiles.splice(0), ...(this.#current.length > 0 ? [this.#current.path] : [])];
    this.#startFile();
    const length = this.#length;
    try {
      let count = 0;
      for (const message of this.#listMessages()) {
        this.add(...message);
        if (++count % MESSAGES_PER_WRITE > 0) continue;
        this.#appendBatch();
        // yield to the event loop, so that a compaction does not delay messages
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#closed) throw new Error("closed");
      }
      this.#appendBatch();
      if (this.#current.length > 0) await this.#current.sync();
    } catch (error) {
      this.#oldFiles.unshift(...old);
      throw error;
    }
    this.#length -= length;
    for (const file of old) await unlink(file);
  }

  #appendBatch(): void {
    if (this.#batch.isEmpty) return;
    const bytes = this.#batch.finish();
    try {
      this.#current.write(bytes);
    } catch (error) {
      // while writes fail, keep only the latest message of each topic in memory
      this.#batch.keepLatestMessages();
      throw error;
    }
    this.#length += bytes.length;
    this.#batch.clear();
  }
}
