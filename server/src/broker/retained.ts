import { RetainedLog } from "./retained-log.js";

/** What is kept of a retained message. */
export interface RetainedPacket {
  readonly cmd: "publish";
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

/**
 * What is in memory of a message, of which there are several for each of 100,000 devices: at QoS 1, which nearly all have, the
 * payload's bytes as Latin-1, and nothing else.
 */
type Kept = string | { readonly payload: string; readonly qos: number };

const payloadOf = (kept: Kept): string => (typeof kept === "string" ? kept : kept.payload);
const qosOf = (kept: Kept): number => (typeof kept === "string" ? 1 : kept.qos);

/** The retained messages: all of them in memory, and in a log on disk. */
export class Retained {
  readonly #byTopic = new Map<string, Kept>();
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
    await this.#log.load((...message) => {
      logged = true;
      this.#set(...message);
    });
    if (logged) return;
    for await (const packet of before) {
      const { topic, payload, qos } = packet as RetainedPacket;
      const text = Buffer.from(payload).toString("latin1");
      this.#set(topic, text, qos);
      this.#log.add(topic, text, qos);
    }
    // at once, so that a start that is cut short finds all of it or none
    this.#log.write();
  }

  get(topic: string): RetainedPacket | undefined {
    const kept = this.#byTopic.get(topic);
    if (kept === undefined) return undefined;
    return { cmd: "publish", topic, payload: Buffer.from(payloadOf(kept), "latin1"), qos: qosOf(kept), retain: true };
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
    const same = known === undefined ? payload === "" : payloadOf(known) === payload && qosOf(known) === qos;
    if (!same) {
      this.#set(topic, payload, qos);
      this.#log.add(topic, payload, qos);
    }
    // also what could not be written before
    this.#log.write();
  }

  /** Retains a message at QoS 1: to be written by `write`, or at the end of this turn. */
  change(topic: string, bytes: Buffer): void {
    const payload = bytes.toString("latin1");
    this.#byTopic.set(topic, payload);
    this.#log.add(topic, payload, 1);
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.write());
  }

  /** The same message with other bookkeeping, which need not be stored; without effect where nothing is retained. */
  renew(topic: string, payload: Buffer): void {
    const known = this.#byTopic.get(topic);
    if (known !== undefined) this.#set(topic, payload.toString("latin1"), qosOf(known));
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
    for (const [topic, kept] of this.#byTopic) yield [topic, payloadOf(kept), qosOf(kept)];
  }

  #set(topic: string, payload: string, qos: number): void {
    if (payload === "") this.#byTopic.delete(topic);
    else this.#byTopic.set(topic, qos === 1 ? payload : { payload, qos });
  }
}
