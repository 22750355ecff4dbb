import { textOf } from "../../common/errors.js";
import type { Alert } from "../alert.js";
import type { Channel } from "./channel.js";
import type { AlertMessage } from "./message.js";

/** Longest wait between two attempts to deliver, in ms. */
const MAX_RETRY_WAIT = 600_000;

/** Waiting times of an outbox, in ms. */
export interface OutboxTimes {
  /** How long to wait for further alerts before a message is sent, so that one message reports all of them. */
  readonly group: number;
  /** Shortest time between two messages. It doubles after each failed attempt. */
  readonly interval: number;
}

export interface OutboxOptions {
  readonly channel: Channel;
  readonly times: OutboxTimes;
  /** Creates the message about some alerts. */
  compose(alerts: readonly Alert[]): AlertMessage;
  /** Called with alerts whose present state the channel has received, or no longer needs to receive. */
  settled(alerts: readonly Alert[]): void;
  /** Called when messages begin to fail, and when they arrive again. @param problem undefined when they arrive again */
  changed(problem: string | undefined): void;
}

/** The numbers of a channel's delivered and failed messages since the server started. */
export interface DeliveryCounts {
  delivered: number;
  failed: number;
}

/**
 * Delivers alerts to one channel, in the background. One message contains all alerts that wait, and each alert waits
 * only once. Therefore the queue is never longer than the list of alerts. Failed messages are repeated with exponential backoff.
 */
export class Outbox {
  readonly channel: Channel;
  readonly #options: OutboxOptions;
  /** Alerts whose present state the channel has not received. */
  readonly #waiting = new Set<Alert>();
  /** Alerts that a message to this channel has announced as open, or is about to announce. */
  readonly #announced: Set<Alert>;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #problem: string | undefined;
  /** When the next message may be sent, by `performance.now()`. */
  #nextAt = 0;
  #closed = false;

  /** @param announced open alerts about which the channel has received a message */
  constructor(
    options: OutboxOptions,
    readonly counts: DeliveryCounts,
    announced: Iterable<Alert> = [],
  ) {
    this.#options = options;
    this.channel = options.channel;
    this.#announced = new Set(announced);
  }

  /** Why messages do not arrive at present, as sentences; undefined while they do. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Number of alerts that wait to be sent. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Queues an alert that was raised or resolved. Drops an alert that was resolved before a message announced it. */
  add(alert: Alert): void {
    if (alert.resolved !== undefined && !this.#announced.has(alert)) {
      this.#waiting.delete(alert);
      this.#options.settled([alert]);
      return;
    }
    this.#waiting.add(alert);
    this.#schedule();
  }

  /** Stops sending. Alerts that still wait are not sent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
  }

  #schedule(): void {
    if (this.#closed || this.#timer || this.#sending || this.#waiting.size === 0) return;
    const wait = Math.max(this.#options.times.group, this.#nextAt - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        this.#schedule();
      });
    }, wait);
    // Waiting messages must not keep a program alive that uses the server as a library.
    this.#timer.unref();
  }

  async #send(): Promise<void> {
    const { compose, times } = this.#options;
    const alerts = [...this.#waiting];
    if (alerts.length === 0) return;
    this.#waiting.clear();
    for (const alert of alerts) this.#announced.add(alert);
    const states = alerts.map(({ resolved }) => resolved);
    try {
      await this.channel.send(compose(alerts));
      this.counts.delivered++;
      this.#failures = 0;
      this.#nextAt = performance.now() + times.interval;
      this.#setProblem(undefined);
      alerts.forEach((alert, index) => states[index] !== undefined && this.#announced.delete(alert));
      // An alert that was resolved while its message was on its way waits for the next message.
      this.#options.settled(alerts.filter((alert, index) => alert.resolved === states[index]));
    } catch (error) {
      this.counts.failed++;
      this.#failures++;
      this.#nextAt = performance.now() + Math.min(MAX_RETRY_WAIT, times.interval * 2 ** (this.#failures - 1));
      for (const alert of alerts) this.#waiting.add(alert);
      this.#setProblem(textOf(error));
    }
  }

  #setProblem(problem: string | undefined): void {
    const before = this.#problem;
    this.#problem = problem;
    if (before !== problem) this.#options.changed(problem);
  }
}
