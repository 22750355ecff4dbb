/** A message at QoS 1. */
interface Message {
  /** Counts them, in the order in which they were published. */
  readonly number: number;
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
export const LAST_ID = 4000;

/**
 * Messages of QoS 1 until they are acknowledged: a window of them on its way, those of a lost connection once more on the
 * next, in order and with DUP [MQTT-4.4.0-1]. What waits for a connection is bounded: of the retained messages of a topic only the
 * last one counts.
 */
export class Outbox {
  /** By packet identifier: a Map would be made anew again and again, as messages come and go. */
  readonly #inFlight = new Array<Message | undefined>(LAST_ID + 1).fill(undefined);
  #inFlightCount = 0;
  readonly #waiting = new Map<string | number, Message>();
  #send: Send | undefined;
  #window = WINDOW;
  #id = 0;
  #number = 0;

  /** How many messages are not acknowledged. */
  get size(): number {
    return this.#inFlightCount + this.#waiting.size;
  }

  publish(topic: string, payload: Buffer, retain: boolean, acknowledged?: () => void): void {
    const message: Message = { number: this.#number++, topic, payload, retain, acknowledged };
    if (this.#send && this.#waiting.size === 0 && this.#inFlightCount < this.#window) return this.#begin(message);
    const key = retain ? topic : message.number;
    // taken out and put back, so that it comes after what was published before it
    this.#waiting.delete(key);
    this.#waiting.set(key, message);
  }

  /** There is a connection: what was on its way goes again, then what waits. @param window as many as the broker takes at once */
  open(send: Send, window = WINDOW): void {
    this.#window = Math.min(window, WINDOW);
    this.#send = send;
    const again = this.#inFlight.flatMap((message, id) => (message ? [{ id, ...message }] : []));
    again.sort((a, b) => a.number - b.number);
    for (const { id, topic, payload, retain } of again) send(id, topic, payload, retain, true);
    this.#fill();
  }

  /** The connection is gone. */
  close(): void {
    this.#send = undefined;
  }

  /** A message arrived at the broker. Gives its topic; undefined when there is none of this id. */
  acknowledged(id: number): string | undefined {
    const message = this.#inFlight[id];
    if (!message) return undefined;
    this.#inFlight[id] = undefined;
    this.#inFlightCount--;
    message.acknowledged?.();
    if (this.#waiting.size > 0) this.#fill();
    return message.topic;
  }

  #fill(): void {
    for (const [key, message] of this.#waiting) {
      if (!this.#send || this.#inFlightCount >= this.#window) return;
      this.#waiting.delete(key);
      this.#begin(message);
    }
  }

  #begin(message: Message): void {
    // the window is far smaller than the ids are many
    do this.#id = this.#id === LAST_ID ? 1 : this.#id + 1;
    while (this.#inFlight[this.#id]);
    this.#inFlight[this.#id] = message;
    this.#inFlightCount++;
    this.#send!(this.#id, message.topic, message.payload, message.retain, false);
  }
}
