/** How many messages a second are worth a line each: nobody reads more of them. */
export const LINES = 200;

const SECOND = 1000;

/** Messages by direction. */
export interface Flow {
  received: number;
  sent: number;
}

/**
 * Which messages are worth a line each: the first of every second. What comes beyond them is counted, and told once the
 * second is over, so that a log of many boards can be read and does not cost more than what it tells of.
 */
export class MessageFlow {
  readonly #tell: (more: Flow) => void;
  #lines = 0;
  #more: Flow = { received: 0, sent: 0 };
  #timer: NodeJS.Timeout | undefined;

  /** @param tell gets what was left out */
  constructor(tell: (more: Flow) => void) {
    this.#tell = tell;
  }

  /** Whether this message is worth a line; otherwise it is counted. */
  passes(direction: keyof Flow): boolean {
    this.#timer ??= setTimeout(() => this.flush(), SECOND).unref();
    if (this.#lines < LINES) {
      this.#lines++;
      return true;
    }
    this.#more[direction]++;
    return false;
  }

  /** Tells now what was left out, if anything was; a new second begins. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    const more = this.#more;
    if (more.received === 0 && more.sent === 0) return;
    this.#more = { received: 0, sent: 0 };
    this.#tell(more);
  }
}
