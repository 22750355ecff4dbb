/** Maximum number of log lines per second about messages and their effects, if the log is condensed. */
export const MAX_LINES_PER_SECOND = 200;

const SECOND = 1000;

/** Counts of received messages, sent messages, and other frequent log lines. */
export interface MessageCounts {
  received: number;
  sent: number;
  other: number;
}

const ZERO_COUNTS: MessageCounts = { received: 0, sent: 0, other: 0 };

/**
 * Rate limiter for log lines about messages. Counts the messages above the limit, and reports the counts at the end of
 * each second. The limit keeps the log of many boards readable, and keeps logging from slowing down the server.
 */
export class LogRateLimiter {
  readonly #limit: number;
  readonly #report: (more: MessageCounts) => void;
  #lines = 0;
  #skipped = { ...ZERO_COUNTS };
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param limit lines per second
   * @param report called with the counts of messages above the limit
   */
  constructor(limit: number, report: (more: MessageCounts) => void) {
    this.#limit = limit;
    this.#report = report;
  }

  /** Returns whether a message may have its own log line. Otherwise counts the message. */
  mayLog(what: keyof MessageCounts): boolean {
    if (this.#limit === Infinity) return true;
    this.#timer ??= setTimeout(() => this.flush(), SECOND).unref();
    if (this.#lines < this.#limit) {
      this.#lines++;
      return true;
    }
    this.#skipped[what]++;
    return false;
  }

  /** Reports the messages above the limit, if any, and starts a new second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = 0;
    const more = this.#skipped;
    if (more.received + more.sent + more.other === 0) return;
    this.#skipped = { ...ZERO_COUNTS };
    this.#report(more);
  }
}
