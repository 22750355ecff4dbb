/** A connection with buffered output. */
export interface BufferedWriter {
  /** Writes the buffered output to the socket. Does nothing when there is none. */
  flush(): void;
}

/** How many event loop turns an acknowledgement waits for a message that can leave in the same system call. */
const ACKNOWLEDGEMENT_TURNS = 3;

/**
 * Batches socket writes, because the system call is the most expensive step in answering a reading.
 *
 * Consecutive packets for one client leave in one system call. PUBACK waits a few turns of the event loop, so that it
 * leaves together with the command that answers the reading.
 */
export class WriteQueue {
  readonly #beforeWrite: () => void;
  /**
   * The writer with unsent output. It is flushed when another writer has output, or at the end of this event loop turn.
   */
  #current: BufferedWriter | undefined;
  /** Whether a flush at the end of this turn of the event loop is scheduled. */
  #flushScheduled = false;
  /** Writers that have only acknowledgements to send. */
  #waiting: BufferedWriter[] = [];

  /**
   * @param beforeWrite stores retained messages; called before each flush, so that clients never see unstored messages
   */
  constructor(beforeWrite: () => void) {
    this.#beforeWrite = beforeWrite;
  }

  /** Schedules a flush of a writer that has output, at the end of this event loop turn or earlier. */
  schedule(writer: BufferedWriter): void {
    if (writer === this.#current) return;
    this.#flush(writer);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush(undefined);
    });
  }

  /** Schedules a flush of a writer that has only acknowledgements, after `ACKNOWLEDGEMENT_TURNS` event loop turns. */
  scheduleAcknowledgement(writer: BufferedWriter): void {
    if (this.#waiting.push(writer) > 1) return;
    let turns = 0;
    const waitTurn = (): void => {
      if (++turns < ACKNOWLEDGEMENT_TURNS) return void setImmediate(waitTurn);
      const writers = this.#waiting;
      this.#waiting = [];
      this.#beforeWrite();
      for (const writer of writers) writer.flush();
    };
    setImmediate(waitTurn);
  }

  #flush(next: BufferedWriter | undefined): void {
    const writer = this.#current;
    this.#current = next;
    if (!writer) return;
    this.#beforeWrite();
    writer.flush();
  }
}
