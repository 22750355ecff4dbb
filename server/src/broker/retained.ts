import { Payloads } from "./payloads.js";
import { RetainedLog } from "./retained-log.js";

/** What is kept of a retained message. */
export interface RetainedPacket {
  readonly cmd: "publish";
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

/** The retained messages: all of them in memory, and in a log on disk. */
export class Retained {
  /** Numbers of payloads. */
  readonly #byTopic = new Map<string, number>();
  readonly #payloads = new Payloads();
  readonly #log: RetainedLog;
  readonly #failed: (error: unknown) => void;
  #due = false;
  #failing = false;

  /**
   * @param folder where the log is, which need not be there
   * @param failed told when messages cannot be written
   */
  constructor(folder: string, failed: (error: unknown) => void) {
    this.#log = new RetainedLog(folder, () => this.#contents());
    this.#failed = failed;
  }

  /**
   * Brings back what was stored.
   * @param before what there was before there was a log, which is then in the log
   * @throws Error when that cannot be written
   */
  async restore(before: AsyncIterable<unknown>): Promise<void> {
    let logged = false;
    await this.#log.load((topic, payload, qos) => {
      logged = true;
      this.#set(topic, Buffer.from(payload, "latin1"), qos);
    });
    if (logged) return;
    for await (const packet of before) {
      const { topic, payload, qos } = packet as RetainedPacket;
      const bytes = Buffer.from(payload);
      this.#set(topic, bytes, qos);
      this.#log.add(topic, bytes.toString("latin1"), qos);
    }
    // at once, so that a start that is cut short finds all of it or none
    this.#log.write();
  }

  get(topic: string): RetainedPacket | undefined {
    const number = this.#byTopic.get(topic);
    if (number === undefined) return undefined;
    const payload = this.#payloads.get(number);
    return { cmd: "publish", topic, payload, qos: this.#payloads.qosOf(number), retain: true };
  }

  /** All topics of which a message is retained. */
  topics(): IterableIterator<string> {
    return this.#byTopic.keys();
  }

  /**
   * Retains a message, or ends that when its payload is empty [MQTT-3.3.1-10]; it is written now. The same again is not.
   * @throws Error when it cannot be written
   */
  store(topic: string, bytes: Buffer, qos: number): void {
    const payload = bytes.toString("latin1");
    const known = this.#byTopic.get(topic);
    const same =
      known === undefined
        ? payload === ""
        : this.#payloads.textOf(known) === payload && this.#payloads.qosOf(known) === qos;
    if (!same) {
      this.#set(topic, bytes, qos);
      this.#log.add(topic, payload, qos);
    }
    // also what could not be written before
    this.#log.write();
  }

  /** Retains a message at QoS 1: to be written by `write`, or at the end of this turn. */
  change(topic: string, bytes: Buffer): void {
    this.#set(topic, bytes, 1);
    this.#log.add(topic, bytes.toString("latin1"), 1);
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.write());
  }

  /** The same message with other bookkeeping, which need not be stored; without effect where nothing is retained. */
  renew(topic: string, payload: Buffer): void {
    const known = this.#byTopic.get(topic);
    if (known !== undefined) this.#payloads.set(known, payload, this.#payloads.qosOf(known));
  }

  /** Writes what has changed: whoever is told of it afterwards finds it stored, should this process be killed. */
  write(): void {
    this.#due = false;
    try {
      this.#log.write();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#failed(error);
      this.#failing = true;
    }
  }

  /** Fulfilled when all is stored. */
  async close(): Promise<void> {
    this.write();
    await this.#log.close();
  }

  *#contents(): Generator<[topic: string, payload: string, qos: number]> {
    for (const [topic, number] of this.#byTopic)
      yield [topic, this.#payloads.textOf(number), this.#payloads.qosOf(number)];
  }

  #set(topic: string, payload: Buffer, qos: number): void {
    const known = this.#byTopic.get(topic);
    if (payload.length === 0) {
      if (known !== undefined) this.#payloads.delete(known);
      this.#byTopic.delete(topic);
    } else if (known === undefined) this.#byTopic.set(topic, this.#payloads.add(payload, qos));
    else this.#payloads.set(known, payload, qos);
  }
}
