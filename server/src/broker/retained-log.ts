import { readFile, unlink } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { LogFile, numbersIn, pathOf } from "../log-file.js";

/** The log is written anew when it has grown by so many bytes, and by as many as it had then. */
const GROWTH = 4_194_304;
/** Each start begins a file: more than so many are too many. */
const FILES = 8;
/** So many messages at once go into a log that is written anew. */
const SLICE = 500;

/** A message as it is in the log: its payload's bytes as Latin-1; one without a payload is no longer retained. */
export type Logged = (topic: string, payload: string, qos: number) => void;

/** All that is retained. */
export type Contents = () => Iterable<Parameters<Logged>>;

/**
 * Retained messages as they come, in files: to the system's memory a batch goes in a few µs, while a database takes as many
 * for each message. Survives `kill -9` of the process, not the end of the machine.
 *
 * A line is a batch: its checksum, and topics, payloads and QoS in turn, in JSON. Of a line that was cut short nothing counts.
 */
export class RetainedLog {
  readonly #folder: string;
  readonly #contents: Contents;
  readonly #growth: number;
  /** Files of before, oldest first. */
  #before: string[] = [];
  /** The file that is written. */
  #present!: LogFile;
  #number = 0;
  #batch: (string | number)[] = [];
  /** In bytes: all files, and about what they would be if they were written anew. */
  #length = 0;
  #base = 0;
  #renewing: Promise<void> | undefined;
  #closed = false;

  /**
   * @param folder need not be there
   * @param growth for tests: see `GROWTH`
   */
  constructor(folder: string, contents: Contents, growth = GROWTH) {
    this.#folder = folder;
    this.#contents = contents;
    this.#growth = growth;
    this.#begin();
  }

  /** Tells what is in the log, in order. To be called once, before anything is added. */
  async load(logged: Logged): Promise<void> {
    for (const number of await numbersIn(this.#folder)) {
      const file = pathOf(this.#folder, number);
      const bytes = await readFile(file);
      this.#before.push(file);
      this.#length += bytes.length;
      readLines(bytes, logged);
      this.#number = number;
    }
    // what was cut short is not written on
    this.#begin();
    for (const [topic, payload] of this.#contents()) this.#base += topic.length + payload.length;
    if (this.#before.length > FILES) this.#renew();
  }

  /** @param payload its bytes as Latin-1 */
  add(topic: string, payload: string, qos: number): void {
    this.#batch.push(topic, payload, qos);
  }

  /**
   * Writes what was added.
   * @throws Error when it cannot be written; it goes with the next attempt
   */
  write(): void {
    this.#writeBatch();
    if (this.#length > 2 * this.#base + this.#growth && !this.#renewing) this.#renew();
  }

  /** Fulfilled when nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#renewing;
    this.#present.close();
  }

  #begin(): void {
    this.#present = new LogFile(pathOf(this.#folder, ++this.#number));
  }

  #renew(): void {
    this.#renewing = this.#writeAnew()
      // what cannot be written anew stays as it is, and is tried when as much has been added again
      .catch(() => {})
      .finally(() => {
        this.#base = this.#length;
        this.#renewing = undefined;
      });
  }

  /** All that is retained goes into a new file, between what is added meanwhile; then the others are of no use. */
  async #writeAnew(): Promise<void> {
    this.#present.close();
    const old = [...this.#before.splice(0), ...(this.#present.length > 0 ? [this.#present.path] : [])];
    this.#begin();
    const length = this.#length;
    try {
      let count = 0;
      for (const message of this.#contents()) {
        this.add(...message);
        if (++count % SLICE > 0) continue;
        this.#writeBatch();
        // others have their turn
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#closed) throw new Error("closed");
      }
      this.#writeBatch();
      if (this.#present.length > 0) await this.#present.sync();
    } catch (error) {
      this.#before.unshift(...old);
      throw error;
    }
    this.#length -= length;
    for (const file of old) await unlink(file);
  }

  #writeBatch(): void {
    if (this.#batch.length === 0) return;
    const line = lineOf(this.#batch);
    try {
      this.#present.write(line);
    } catch (error) {
      // as long as nothing can be written, only the latest of each topic waits
      const latest = new Map<string, (string | number)[]>();
      for (let n = 0; n < this.#batch.length; n += 3) latest.set(this.#batch[n] as string, this.#batch.slice(n, n + 3));
      this.#batch = [...latest.values()].flat();
      throw error;
    }
    this.#length += line.length;
    this.#batch = [];
  }
}

/** What stands before the text of a line: eight digits, and a blank. */
const BEFORE = 9;

const checksum = (text: Buffer): string => crc32(text).toString(16).padStart(8, "0");

function lineOf(batch: readonly (string | number)[]): Buffer {
  const line = Buffer.from(`00000000 ${JSON.stringify(batch)}\n`);
  line.write(checksum(line.subarray(BEFORE, -1)), "latin1");
  return line;
}

function readLines(file: Buffer, logged: Logged): void {
  for (let at = 0; at < file.length;) {
    const end = file.indexOf("\n", at);
    const text = file.subarray(at + BEFORE, end);
    if (end < 0 || file.toString("latin1", at, at + BEFORE) !== `${checksum(text)} `) return;
    const batch = JSON.parse(text.toString()) as (string | number)[];
    for (let n = 0; n < batch.length; n += 3) logged(...(batch.slice(n, n + 3) as Parameters<Logged>));
    at = end + 1;
  }
}
