import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { readdir, readFile, unlink } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";

/** A file of the log is ended when it has so many bytes. */
const LIMIT = 8_388_608;
/** Each start begins a file: so many of them are too many. */
const FILES = 8;

/** Told of a message in the log, its payload's bytes as Latin-1; one without a payload is no longer retained. */
export type Logged = (topic: string, payload: string) => void;

/** A file as it is written. */
interface Present {
  readonly path: string;
  readonly fd: number;
  length: number;
  /** Whose messages are in it. */
  readonly topics: Set<string>;
}

/**
 * Retained messages that change often, as they come: to the system's memory a batch goes in a few µs, a database takes as
 * many for each message. Survives `kill -9` of the process, not the end of the machine.
 *
 * A line is a batch: its checksum, and topics and payloads in turn, in JSON, a payload's bytes as Latin-1. Of a line that was
 * cut short nothing counts.
 */
export class RetainedLog {
  readonly #folder: string;
  readonly #settle: (topics: Iterable<string>) => Promise<void>;
  readonly #limit: number;
  /** Files of before, of which nothing is settled yet. */
  #before: string[] = [];
  readonly #unsettled = new Set<string>();
  #settling: Promise<void> | undefined;
  #present: Present | undefined;
  #next = 1;
  #batch: string[] = [];

  /**
   * @param folder need not be there
   * @param settle stores what these topics have now elsewhere: then the log is not needed for that any more. May reject
   * @param limit for tests: see `LIMIT`
   */
  constructor(folder: string, settle: (topics: Iterable<string>) => Promise<void>, limit = LIMIT) {
    this.#folder = folder;
    this.#settle = settle;
    this.#limit = limit;
  }

  /** Tells what is in the log, in order. To be called once, before anything is added. */
  async load(logged: Logged): Promise<void> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => /^\d{9}\.log$/.test(name)).sort();
    for (const name of names) {
      const file = path.join(this.#folder, name);
      this.#before.push(file);
      readLines(await readFile(file), (topic, payload) => {
        this.#unsettled.add(topic);
        logged(topic, payload);
      });
    }
    // what was cut short is not written on
    this.#next = Number(names.at(-1)?.slice(0, -4) ?? 0) + 1;
    if (names.length >= FILES) this.#begin();
  }

  /** Whether the log has something of this topic, so that what comes after it belongs there as well. */
  has(topic: string): boolean {
    return this.#present?.topics.has(topic) === true || this.#unsettled.has(topic);
  }

  /** @param payload its bytes as Latin-1 */
  add(topic: string, payload: string): void {
    this.#batch.push(topic, payload);
  }

  /**
   * Writes what was added.
   * @throws Error when it cannot be written; it goes with the next attempt
   */
  write(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    const text = JSON.stringify(batch);
    const line = Buffer.from(`${checksum(text)} ${text}\n`);
    const present = this.#append(line);
    for (let n = 0; n < batch.length; n += 2) present.topics.add(batch[n]);
    this.#batch = [];
    if (present.length >= this.#limit && !this.#settling) this.#end(present);
  }

  #append(line: Buffer): Present {
    try {
      const present = (this.#present ??= this.#open());
      for (let done = 0; done < line.length;)
        done += writeSync(present.fd, line, done, line.length - done, present.length + done);
      present.length += line.length;
      return present;
    } catch (error) {
      // as long as nothing can be written, only the latest of each topic waits
      const latest = new Map<string, string>();
      for (let n = 0; n < this.#batch.length; n += 2) latest.set(this.#batch[n], this.#batch[n + 1]);
      this.#batch = [...latest].flat();
      throw error;
    }
  }

  /** Ends it; what is in it is read at the next start. */
  async close(): Promise<void> {
    if (this.#present) closeSync(this.#present.fd);
    this.#present = undefined;
    await this.#settling;
  }

  #open(): Present {
    mkdirSync(this.#folder, { recursive: true });
    const file = path.join(this.#folder, `${String(this.#next++).padStart(9, "0")}.log`);
    return { path: file, fd: openSync(file, "w"), length: 0, topics: new Set() };
  }

  #end(present: Present): void {
    closeSync(present.fd);
    this.#before.push(present.path);
    for (const topic of present.topics) this.#unsettled.add(topic);
    this.#present = undefined;
    this.#begin();
  }

  #begin(): void {
    this.#settling = this.#settleAll().finally(() => (this.#settling = undefined));
  }

  /** What cannot be stored elsewhere stays in the log. */
  async #settleAll(): Promise<void> {
    const files = this.#before;
    try {
      await this.#settle(this.#unsettled);
      this.#before = [];
      this.#unsettled.clear();
      for (const file of files) await unlink(file);
    } catch {
      this.#before = [...files];
    }
  }
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");

function readLines(file: Buffer, logged: Logged): void {
  for (let at = 0; at < file.length;) {
    const end = file.indexOf("\n", at);
    const line = file.toString("utf8", at, end);
    const text = line.slice(9);
    if (end < 0 || line.slice(0, 8) !== checksum(text)) return;
    const batch = JSON.parse(text) as string[];
    for (let n = 0; n < batch.length; n += 2) logged(batch[n], batch[n + 1]);
    at = end + 1;
  }
}
