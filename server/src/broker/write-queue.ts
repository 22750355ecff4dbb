/** Something that has bytes to send. */
export interface Writer {
  /** Sends them; does nothing when there are none. */
  flush(): void;
}

/** How many turns of the event loop an acknowledgement waits for a message that can share its system call. */
const TURNS = 3;

/**
 * Collects what one connection has to send, because a system call is the dearest step in answering a reading: packets to one
 * client leave in one call when they follow each other, and PUBACK waits a few turns for the command that answers a reading.
 */
export class WriteQueue {
  readonly #beforeWrite: () => void;
  /** Has something to send, which leaves when another connection has, or this turn of the event loop ends. */
  #current: Writer | undefined;
  #ending = false;
  /** Have acknowledgements alone. */
  #waiting: Writer[] = [];

  /** @param beforeWrite stores what clients are about to be told */
  constructor(beforeWrite: () => void) {
    this.#beforeWrite = beforeWrite;
  }

  /** A writer has something to send. */
  soon(writer: Writer): void {
    if (writer === this.#current) return;
    this.#flush(writer);
    if (this.#ending) return;
    this.#ending = true;
    setImmediate(() => {
      this.#ending = false;
      this.#flush(undefined);
    });
  }

  /** A writer has acknowledgements, and nothing else, to send. */
  later(writer: Writer): void {
    if (this.#waiting.push(writer) > 1) return;
    let turns = 0;
    const wait = (): void => {
      if (++turns < TURNS) return void setImmediate(wait);
      const writers = this.#waiting;
      this.#waiting = [];
      this.#beforeWrite();
      for (const one of writers) one.flush();
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
