/** A message at QoS 1. */
interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
  /** Told when it is acknowledged. */
  readonly acknowledged: (() => void) | undefined;
}

/** Writes a message. */
export type Send = (id: number, topic: string, payload: Buffer, retain: boolean, dup: boolean) => void;

/** How many messages are on their way at once, unless the broker wants fewer. */
const WINDOW = 1000;

/** The largest packet identifier of a message; those up to 65,535 are for subscriptions: MQTT 3.1.1, 2.3.1. */
export const LAST_ID = 65_000;

/**
 * Messages of QoS 1 until they are acknowledged: a window of them on its way, those of a lost connection once more on the
 * next, in order and with DUP [MQTT-4.4.0-1]. What waits for a connection is bounded: of the retained messages of a topic only the
 * last one counts.
 */
export class Outbox {
  readonly #inFlight = new Map<number, Message>();
  readonly #waiting = new Map<string | number, Message>();
  #send: Send | undefined;
  #window = WINDOW;
  #id = 0;
  #unique = 0;

  /** How many messages are not acknowledged. */
  get size(): number {
    return this.#inFlight.size + this.#waiting.size;
  }

  publish(topic: string, payload: Buffer, retain: boolean, acknowledged?: () => void): void {
    const message = { topic, payload, retain, acknowledged };
    if (this.#send && this.#waiting.size === 0 && this.#inFlight.size < this.#window) return this.#begin(message);
    const key = retain ? topic : this.#unique++;
    // taken out and put back, so that it comes after what was published before it
    this.#waiting.delete(key);
    this.#waiting.set(key, message);
  }

  /** There is a connection: what was on its way goes again, then what waits. @param window as many as the broker takes at once */
  open(send: Send, window = WINDOW): void {
    this.#window = Math.min(window, WINDOW);
    this.#send = send;
    for (const [id, { topic, payload, retain }] of this.#inFlight) send(id, topic, payload, retain, true);
    this.#fill();
  }

  /** The connection is gone. */
  close(): void {
    this.#send = undefined;
  }

  /** A message arrived at the broker. Gives its topic; undefined when there is none of this id. */
  acknowledged(id: number): string | undefined {
    const message = this.#inFlight.get(id);
    if (!message) return undefined;
    this.#inFlight.delete(id);
    message.acknowledged?.();
    if (this.#waiting.size > 0) this.#fill();
    return message.topic;
  }

  #fill(): void {
    for (const [key, message] of this.#waiting) {
      if (!this.#send || this.#inFlight.size >= this.#window) return;
      this.#waiting.delete(key);
      this.#begin(message);
    }
  }

  #begin(message: Message): void {
    // the window is far smaller than the ids are many
    do this.#id = this.#id === LAST_ID ? 1 : this.#id + 1;
    while (this.#inFlight.has(this.#id));
    this.#inFlight.set(this.#id, message);
    this.#send!(this.#id, message.topic, message.payload, message.retain, false);
  }
}
