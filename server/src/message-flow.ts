/** How many lines a second messages, and what comes with them, are worth: nobody reads more of them. */
export const LINES = 200;

const SECOND = 1000;

/** Messages by direction, and what comes with them. */
export interface Flow {
  received: number;
  sent: number;
  other: number;
}

const NOTHING: Flow = { received: 0, sent: 0, other: 0 };

/**
 * Which messages are worth a line each: the first of every second. What comes beyond them is counted, and told once the
 * second is over, so that a log of many boards can be read and does not cost more than what it tells of.
 */
export class MessageFlow {
  readonly #tell: (more: Flow) => void;
  #lines = 0;
  #more = { ...NOTHING };
  #timer: NodeJS.Timeout | undefined;

  /** @param tell gets what was left out */
  constructor(tell: (more: Flow) => void) {
    this.#tell = tell;
  }

  /** Whether this message is worth a line; otherwise it is counted. */
  passes(what: keyof Flow): boolean {
    this.#timer ??= setTimeout(() => this.flush(), SECOND).unref();
    if (this.#lines < LINES) {
      this.#lines++;
      return true;
    }
    this.#more[what]++;
    return false;
  }

  /** Tells now what was left out, if anything was; a new second begins. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    const more = this.#more;
    if (more.received + more.sent + more.other === 0) return;
    this.#more = { ...NOTHING };
    this.#tell(more);
  }
}
