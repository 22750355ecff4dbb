/** Messages that were processed together and share one completion promise. */
interface PubackBatch {
  done: boolean;
}

const COMPLETED_BATCH: PubackBatch = { done: true };

/**
 * Sends PUBACKs in the order in which the messages arrived [MQTT-4.6.0-2], each after its message has been processed.
 * Messages are processed in batches, so many of them may share one promise.
 */
export class PubackQueue {
  readonly #sendPuback: (packetId: number) => void;
  readonly #failed: (error: unknown) => void;
  /** Packet identifiers in order of arrival. Those before `#next` have been acknowledged. */
  #packetIds: number[] = [];
  /** The batch of each entry of `#packetIds`. */
  #batches: PubackBatch[] = [];
  #next = 0;
  readonly #pending = new Map<Promise<void>, PubackBatch>();

  /**
   * Create a queue for each network connection: after a reconnect the broker sends unacknowledged messages again.
   * @param failed called when processing a message failed; the broker sends the message again after a reconnect
   */
  constructor(sendPuback: (packetId: number) => void, failed: (error: unknown) => void) {
    this.#sendPuback = sendPuback;
    this.#failed = failed;
  }

  /** Adds a message. Its PUBACK is sent after `processed` resolves, or without delay if `processed` is undefined. */
  add(packetId: number, processed: Promise<void> | undefined): void {
    const idle = this.#next === this.#packetIds.length;
    if (idle && !processed) return this.#sendPuback(packetId);
    if (idle) this.#clear();
    this.#packetIds.push(packetId);
    this.#batches.push(processed ? this.#batchOf(processed) : COMPLETED_BATCH);
  }

  #batchOf(processed: Promise<void>): PubackBatch {
    const known = this.#pending.get(processed);
    if (known) return known;
    const batch = { done: false };
    this.#pending.set(processed, batch);
    processed.then(
      () => {
        this.#pending.delete(processed);
        batch.done = true;
        this.#sendCompleted();
      },
      (error: unknown) => this.#failed(error),
    );
    return batch;
  }

  #sendCompleted(): void {
    while (this.#batches[this.#next]?.done) this.#sendPuback(this.#packetIds[this.#next++]);
    if (this.#next < 1000) return;
    this.#packetIds = this.#packetIds.slice(this.#next);
    this.#batches = this.#batches.slice(this.#next);
    this.#next = 0;
  }

  #clear(): void {
    this.#packetIds = [];
    this.#batches = [];
    this.#next = 0;
  }
}
