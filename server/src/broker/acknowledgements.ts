/** The acknowledgement of one message. */
interface Held {
  /** The packet, as soon as aedes wants to send it. */
  bytes: Buffer | undefined;
  released: boolean;
}

/**
 * Keeps PUBACK and PUBREC packets back until their messages are stored, because aedes writes PUBACK before it stores a
 * message; and has them leave in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-3].
 */
export class Acknowledgements {
  readonly #write: (bytes: Buffer) => void;
  /** By packet identifier, in the order of the messages. */
  readonly #held = new Map<number, Held>();

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Whether no acknowledgement waits, so that one may leave at once. */
  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** The acknowledgement of this message must wait for `release`. */
  hold(packetId: number): void {
    if (!this.#held.has(packetId)) this.#held.set(packetId, { bytes: undefined, released: false });
  }

  /** Whether the acknowledgement of this message waits for `release`. */
  holds(packetId: number): boolean {
    return this.#held.get(packetId)?.released === false;
  }

  /** The message may be acknowledged. */
  release(packetId: number): void {
    const held = this.#held.get(packetId);
    if (!held) return;
    held.released = true;
    this.#flush();
  }

  /** Sends an acknowledgement, when it is its turn. */
  send(packetId: number, bytes: Buffer): void {
    const held = this.#held.get(packetId);
    if (!held || held.bytes) return this.#write(bytes);
    held.bytes = bytes;
    this.#flush();
  }

  #flush(): void {
    for (const [packetId, { bytes, released }] of this.#held) {
      if (!released || !bytes) return;
      this.#held.delete(packetId);
      this.#write(bytes);
    }
  }
}
