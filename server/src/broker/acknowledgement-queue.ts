/** What an acknowledgement waits for: the server has stored the message; queues and retained messages are stored. */
export const TAKEN = 1;
export const STORED = 2;

/** The acknowledgement of one message. */
interface Held {
  /** The packet, as soon as aedes wants to send it. */
  bytes: Buffer | undefined;
  /** What it waits for: `TAKEN`, `STORED`, both, or nothing. */
  waitsFor: number;
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

  /** The acknowledgement of this message must wait for these; for nothing but its turn, when that is 0. */
  hold(packetId: number, waitsFor: number): void {
    const held = this.#held.get(packetId);
    if (held) held.waitsFor |= waitsFor;
    else this.#held.set(packetId, { bytes: undefined, waitsFor });
  }

  /** Whether the acknowledgement of this message waits for that. */
  holds(packetId: number, waitsFor: number): boolean {
    return ((this.#held.get(packetId)?.waitsFor ?? 0) & waitsFor) !== 0;
  }

  /** The acknowledgement of this message need not wait for that any more. */
  release(packetId: number, waitsFor: number): void {
    const held = this.#held.get(packetId);
    if (!held) return;
    held.waitsFor &= ~waitsFor;
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
    for (const [packetId, { bytes, waitsFor }] of this.#held) {
      if (waitsFor !== 0 || !bytes) return;
      this.#held.delete(packetId);
      this.#write(bytes);
    }
  }
}
