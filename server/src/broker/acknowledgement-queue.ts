/** Bit for `hold` and `release`: the server has processed and stored the message. */
export const HANDLED_BIT = 1;
/** Bit for `hold` and `release`: the broker has stored the queues and retained messages that contain the message. */
export const STORED_BIT = 2;

/** An acknowledgement that waits to be sent. */
interface PendingAcknowledgement {
  /** The PUBACK or PUBREC packet; undefined until aedes has created the packet. */
  packet: Buffer | undefined;
  /**
   * Bits for the events that must happen before the acknowledgement is sent: `HANDLED_BIT`, `STORED_BIT`, both, or 0
   * for none.
   */
  waitsFor: number;
}

/**
 * Delays PUBACK and PUBREC packets until their messages are stored, because aedes sends PUBACK before it stores a
 * message. Acknowledgements leave in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-3].
 */
export class AcknowledgementQueue {
  readonly #write: (packet: Buffer) => void;
  /** The pending acknowledgements by packet identifier, in the order of the messages. */
  readonly #pending = new Map<number, PendingAcknowledgement>();

  constructor(write: (packet: Buffer) => void) {
    this.#write = write;
  }

  /**
   * Whether no acknowledgement is pending. If so, a new acknowledgement may be sent at once without breaking the order.
   */
  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Holds back the acknowledgement of a message until `release` has been called for every bit in `waitsFor`. */
  hold(packetId: number, waitsFor: number): void {
    const pending = this.#pending.get(packetId);
    if (pending) pending.waitsFor |= waitsFor;
    else this.#pending.set(packetId, { packet: undefined, waitsFor });
  }

  /** Returns whether the acknowledgement of a message still waits for the event that `bit` stands for. */
  isWaiting(packetId: number, bit: number): boolean {
    return ((this.#pending.get(packetId)?.waitsFor ?? 0) & bit) !== 0;
  }

  /**
   * Clears a bit, because its event has happened. Sends the acknowledgement when no bit is left and no earlier
   * acknowledgement is pending.
   */
  release(packetId: number, bit: number): void {
    const pending = this.#pending.get(packetId);
    if (!pending) return;
    pending.waitsFor &= ~bit;
    this.#flush();
  }

  /** Accepts an acknowledgement from aedes, and sends it when nothing holds it back. */
  send(packetId: number, packet: Buffer): void {
    const pending = this.#pending.get(packetId);
    if (!pending || pending.packet) return this.#write(packet);
    pending.packet = packet;
    this.#flush();
  }

  #flush(): void {
    for (const [packetId, { packet, waitsFor }] of this.#pending) {
      if (waitsFor !== 0 || !packet) return;
      this.#pending.delete(packetId);
      this.#write(packet);
    }
  }
}
