import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open, readdir, readFile, unlink } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";

/** The log is written anew when it has grown by so many bytes, and by as many as it had then. */
const GROWTH = 4_194_304;
/** So many messages at once go into a log that is written anew. */
const SLICE = 500;

/** A message as it is in the log: its payload's bytes as Latin-1; one without a payload is no longer retained. */
export type Logged = (topic: string, payload: string, qos: number) => void;

/** All that is retained. */
export type Contents = () => Iterable<Parameters<Logged>>;

/** The file that is written. */
interface Present {
  readonly path: string;
  readonly fd: number;
  length: number;
}

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
  #present: Present | undefined;
  #next = 1;
  #batch: (string | number)[] = [];
  /** In bytes: all files, and what it was when it was written anew. */
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
  }

  /** Tells what is in the log, in order. To be called once, before anything is added. */
  async load(logged: Logged): Promise<void> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => /^\d{9}\.log$/.test(name)).sort();
    for (const name of names) {
      const file = path.join(this.#folder, name);
      const bytes = await readFile(file);
      this.#before.push(file);
      this.#length += bytes.length;
      readLines(bytes, logged);
    }
    // what was cut short is not written on
    this.#next = Number(names.at(-1)?.slice(0, -4) ?? 0) + 1;
    this.#base = this.#length;
    // each start begins a file
    if (names.length > 8) this.#renew();
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
    if (this.#present) closeSync(this.#present.fd);
    this.#present = undefined;
  }

  #append(line: Buffer): void {
    try {
      const present = (this.#present ??= this.#open());
      for (let done = 0; done < line.length;)
        done += writeSync(present.fd, line, done, line.length - done, present.length + done);
      present.length += line.length;
      this.#length += line.length;
    } catch (error) {
      // as long as nothing can be written, only the latest of each topic waits
      const latest = new Map<string, (string | number)[]>();
      for (let n = 0; n < this.#batch.length; n += 3) latest.set(this.#batch[n] as string, this.#batch.slice(n, n + 3));
      this.#batch = [...latest.values()].flat();
      throw error;
    }
  }

  #open(): Present {
    mkdirSync(this.#folder, { recursive: true });
    const file = path.join(this.#folder, `${String(this.#next++).padStart(9, "0")}.log`);
    return { path: file, fd: openSync(file, "w"), length: 0 };
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
    const present = this.#present;
    if (present) {
      closeSync(present.fd);
      this.#before.push(present.path);
      this.#present = undefined;
    }
    const old = this.#before.splice(0);
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
      if (this.#present) await sync(this.#present.path);
    } catch (error) {
      this.#before.unshift(...old);
      throw error;
    }
    this.#length -= length;
    for (const file of old) await unlink(file);
  }

  #writeBatch(): void {
    if (this.#batch.length === 0) return;
    const text = JSON.stringify(this.#batch);
    this.#append(Buffer.from(`${checksum(text)} ${text}\n`));
    this.#batch = [];
  }
}

/** Fulfilled when a file is on the disk. */
async function sync(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");

function readLines(file: Buffer, logged: Logged): void {
  for (let at = 0; at < file.length;) {
    const end = file.indexOf("\n", at);
    const line = file.toString("utf8", at, end);
    const text = line.slice(9);
    if (end < 0 || line.slice(0, 8) !== checksum(text)) return;
    const batch = JSON.parse(text) as (string | number)[];
    for (let n = 0; n < batch.length; n += 3) logged(...(batch.slice(n, n + 3) as Parameters<Logged>));
    at = end + 1;
  }
}
