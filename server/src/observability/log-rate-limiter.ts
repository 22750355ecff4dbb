/** How many lines per second a condensed log has for messages and what they bring about: nobody reads more. */
export const LINES = 200;

const SECOND = 1000;

/** A number of messages by direction, and of lines about devices. */
export interface Flow {
  received: number;
  sent: number;
  other: number;
}

const NOTHING: Flow = { received: 0, sent: 0, other: 0 };

/**
 * Limits how many messages per second have a line of their own in the log. The others are counted and reported at the end
 * of that second, so that people can read the log of many boards, and so that writing it does not slow the server down.
 */
export class MessageFlow {
  readonly #limit: number;
  readonly #report: (more: Flow) => void;
  #lines = 0;
  #more = { ...NOTHING };
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param limit in lines per second
   * @param report gets how many had no line
   */
  constructor(limit: number, report: (more: Flow) => void) {
    this.#limit = limit;
    this.#report = report;
  }

  /** Returns whether this message has a line of its own; otherwise counts it. */
  passes(what: keyof Flow): boolean {
    if (this.#limit === Infinity) return true;
    this.#timer ??= setTimeout(() => this.flush(), SECOND).unref();
    if (this.#lines < this.#limit) {
      this.#lines++;
      return true;
    }
    this.#more[what]++;
    return false;
  }

  /** Reports now how many had no line, if any, and begins a new second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    const more = this.#more;
    if (more.received + more.sent + more.other === 0) return;
    this.#more = { ...NOTHING };
    this.#report(more);
  }
}
