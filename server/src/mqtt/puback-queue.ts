/** What messages wait for together. */
interface Wait {
  done: boolean;
}

const NOTHING: Wait = { done: true };

/**
 * Acknowledges each message when it has been taken, in the order of arrival [MQTT-4.6.0-2], while others come. Messages
 * that wait for the same thing wait together: readings are stored, and handed to other servers, in batches.
 */
export class Acknowledgements {
  readonly #acknowledge: (id: number) => void;
  readonly #refused: (error: unknown) => void;
  /** Messages, in order of arrival, and what each waits for: those before `#next` are acknowledged. */
  #ids: number[] = [];
  #waits: Wait[] = [];
  #next = 0;
  readonly #pending = new Map<Promise<void>, Wait>();

  /**
   * For one connection: another must not acknowledge its messages.
   * @param refused a message was not taken: the broker sends it again with another connection
   */
  constructor(acknowledge: (id: number) => void, refused: (error: unknown) => void) {
    this.#acknowledge = acknowledge;
    this.#refused = refused;
  }

  /** A message arrived, and is to be acknowledged when `taken` is fulfilled; at once when that is undefined. */
  add(id: number, taken: Promise<void> | undefined): void {
    const idle = this.#next === this.#ids.length;
    if (idle && !taken) return this.#acknowledge(id);
    if (idle) this.#empty();
    this.#ids.push(id);
    this.#waits.push(taken ? this.#waitFor(taken) : NOTHING);
  }

  #waitFor(taken: Promise<void>): Wait {
    const known = this.#pending.get(taken);
    if (known) return known;
    const wait = { done: false };
    this.#pending.set(taken, wait);
    taken.then(
      () => {
        this.#pending.delete(taken);
        wait.done = true;
        this.#go();
      },
      (error: unknown) => this.#refused(error),
    );
    return wait;
  }

  #go(): void {
    while (this.#waits[this.#next]?.done) this.#acknowledge(this.#ids[this.#next++]);
    if (this.#next < 1000) return;
    this.#ids = this.#ids.slice(this.#next);
    this.#waits = this.#waits.slice(this.#next);
    this.#next = 0;
  }

  #empty(): void {
    this.#ids = [];
    this.#waits = [];
    this.#next = 0;
  }
}
