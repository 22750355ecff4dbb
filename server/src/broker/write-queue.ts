/** A connection with buffered output. */
export interface Writer {
  /** Writes the buffered output to the socket. Does nothing when there is none. */
  flush(): void;
}

/** Number of event loop turns that an acknowledgement waits for a message that can share its system call. */
const ACKNOWLEDGEMENT_TURNS = 3;

/**
 * Batches socket writes, because the system call is the most expensive step in answering a reading.
 *
 * Consecutive packets for one client leave in one call. PUBACK waits a few turns of the event loop, so that the command that
 * answers a reading leaves in the same call.
 */
export class WriteQueue {
  readonly #beforeWrite: () => void;
  /** The writer to flush next: as soon as another writer has output, or at the end of this turn of the event loop. */
  #current: Writer | undefined;
  /** Whether a flush at the end of this turn of the event loop is scheduled. */
  #flushScheduled = false;
  /** Writers whose only output is acknowledgements. */
  #waiting: Writer[] = [];

  /**
   * @param beforeWrite stores retained messages; called before each flush, so that clients never see unstored messages
   */
  constructor(beforeWrite: () => void) {
    this.#beforeWrite = beforeWrite;
  }

  /** Schedules a flush of a writer that has output. */
  schedule(writer: Writer): void {
    if (writer === this.#current) return;
    this.#flush(writer);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush(undefined);
    });
  }

  /** Schedules a delayed flush of a writer that has acknowledgements and no other output. */
  scheduleAcknowledgement(writer: Writer): void {
    if (this.#waiting.push(writer) > 1) return;
    let turns = 0;
    const wait = (): void => {
      if (++turns < ACKNOWLEDGEMENT_TURNS) return void setImmediate(wait);
      const writers = this.#waiting;
      this.#waiting = [];
      this.#beforeWrite();
      for (const writer of writers) writer.flush();
    };
    setImmediate(wait);
  }

  #flush(next: Writer | undefined): void {
    const writer = this.#current;
    this.#current = next;
    if (!writer) return;
    this.#beforeWrite();
    writer.flush();
  }
}
