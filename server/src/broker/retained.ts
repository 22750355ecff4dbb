import { Payloads } from "./payloads.js";
import { RetainedLog } from "./retained-log.js";
import { doubled, RETAINED, type Topics } from "./topics.js";

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
  readonly #topics: Topics;
  /** The number of the payload + 1, by that of the topic; 0 where nothing is retained. */
  #places = new Uint32Array(1024);
  readonly #payloads = new Payloads();
  readonly #log: RetainedLog;
  readonly #failed: (error: unknown) => void;
  #due = false;
  #failing = false;

  /**
   * @param folder where the log is, which need not be there
   * @param failed told when messages cannot be written
   */
  constructor(topics: Topics, folder: string, failed: (error: unknown) => void) {
    this.#topics = topics;
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
      this.#set(topic, payload, qos);
    });
    if (logged) return;
    for await (const packet of before) {
      const { topic, payload, qos } = packet as RetainedPacket;
      const bytes = Buffer.from(payload);
      this.#set(topic, bytes, qos);
      this.#log.add(topic, bytes, qos);
    }
    // at once, so that a start that is cut short finds all of it or none
    this.#log.write();
  }

  get(topic: string): RetainedPacket | undefined {
    const place = this.#placeOf(this.#topics.find(topic));
    if (place < 0) return undefined;
    return {
      cmd: "publish",
      topic,
      payload: this.#payloads.get(place),
      qos: this.#payloads.qosOf(place),
      retain: true,
    };
  }

  /** All topics of which a message is retained. */
  *topics(): Generator<string> {
    for (const number of this.#numbers()) yield this.#topics.nameOf(number);
  }

  /**
   * Retains a message, or ends that when its payload is empty [MQTT-3.3.1-10]; it is written now. The same again is not.
   * @throws Error when it cannot be written
   */
  store(topic: string, payload: Buffer, qos: number): void {
    const place = this.#placeOf(this.#topics.find(topic));
    const same =
      place < 0
        ? payload.length === 0
        : this.#payloads.get(place).equals(payload) && this.#payloads.qosOf(place) === qos;
    if (!same) {
      this.#set(topic, payload, qos);
      this.#log.add(topic, payload, qos);
    }
    // also what could not be written before
    this.#log.write();
  }

  /**
   * Retains a message at QoS 1: to be written by `write`, or at the end of this turn.
   * @param number of the topic, if that is known
   */
  change(topic: string, payload: Buffer, number?: number): void {
    this.#set(topic, payload, 1, number);
    this.#log.add(topic, payload, 1);
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.write());
  }

  /** The same message with other bookkeeping, which need not be stored; without effect where nothing is retained. */
  renew(number: number, payload: Buffer): void {
    const place = this.#placeOf(number);
    if (place >= 0) this.#payloads.set(place, payload, this.#payloads.qosOf(place));
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

  *#contents(): Generator<[topic: string, payload: Buffer, qos: number]> {
    for (const number of this.#numbers()) {
      const place = this.#placeOf(number);
      yield [this.#topics.nameOf(number), this.#payloads.get(place), this.#payloads.qosOf(place)];
    }
  }

  *#numbers(): Generator<number> {
    for (let number = 0; number < this.#places.length; number++) if (this.#places[number] > 0) yield number;
  }

  #set(topic: string, payload: Buffer, qos: number, number = this.#topics.find(topic)): void {
    const place = this.#placeOf(number);
    if (payload.length > 0) {
      if (place >= 0) this.#payloads.set(place, payload, qos);
      else this.#add(this.#topics.hold(topic, RETAINED, number), payload, qos);
    } else if (place >= 0) {
      this.#payloads.delete(place);
      this.#places[number] = 0;
      this.#topics.letGo(number, RETAINED);
    }
  }

  #add(number: number, payload: Buffer, qos: number): void {
    while (number >= this.#places.length) this.#places = doubled(this.#places);
    this.#places[number] = this.#payloads.add(payload, qos) + 1;
  }

  /** The number of the payload; -1 when nothing is retained. */
  #placeOf(number: number): number {
    return (this.#places[number] ?? 0) - 1;
  }
}
