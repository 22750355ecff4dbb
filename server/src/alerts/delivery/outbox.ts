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
  /** Creates the message about some alerts. */
  compose(alerts: readonly Alert[]): AlertMessage;
  /** Called with alerts whose present state the channel has received, or no longer needs to receive. */
  settled(alerts: readonly Alert[]): void;
  /** Called when messages begin to fail, and when they arrive again. @param problem undefined when they arrive again */
  changed(problem: string | undefined): void;
}

/**
 * An alert of an earlier run. `isSent` is true if the channel has received its present state, false if it waits to be
 * sent.
 */
export type RestoredAlert = readonly [alert: Alert, isSent: boolean];

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
  readonly #options: OutboxOptions;
  #channel: Channel;
  #times: OutboxTimes;
  /** Alerts whose present state the channel has not received. */
  readonly #waiting = new Set<Alert>();
  /** Alerts that a message to this channel has announced as open, or is about to announce. */
  readonly #announced = new Set<Alert>();
  /** Alerts of the message that is on its way, with the value of `resolved` that the message reports. */
  readonly #inFlight = new Map<Alert, number | undefined>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #problem: string | undefined;
  /** When the next message may be sent, by `performance.now()`. */
  #nextAt = 0;
  #closed = false;

  constructor(
    options: OutboxOptions,
    readonly counts: DeliveryCounts,
    channel: Channel,
    times: OutboxTimes,
  ) {
    this.#options = options;
    this.#channel = channel;
    this.#times = times;
  }

  get channel(): Channel {
    return this.#channel;
  }

  /** Why messages do not arrive at present, as sentences; undefined while they do. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Number of alerts that wait to be sent. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Sends the next messages to another channel, also after `close`, and forgets earlier failures. A message that is on
   * its way to the previous channel counts: only if it fails, its alerts go to the new one.
   */
  replaceChannel(channel: Channel, times: OutboxTimes): void {
    this.#channel = channel;
    this.#times = times;
    this.#failures = 0;
    this.#problem = undefined;
    this.#nextAt = 0;
    this.#closed = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  /** Adds the alerts that the channel has received earlier or has still to receive. */
  restore(alerts: readonly RestoredAlert[]): void {
    for (const [alert, isSent] of alerts) {
      // A resolved alert is restored only if the message about its end is still due. An earlier message may have
      // announced the alert.
      if (isSent || alert.resolved !== undefined) this.#announced.add(alert);
      const isInFlight = this.#inFlight.has(alert) && this.#inFlight.get(alert) === alert.resolved;
      if (!isSent && !isInFlight) this.add(alert);
    }
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
    const wait = Math.max(this.#times.group, this.#nextAt - performance.now());
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
    const channel = this.#channel;
    const alerts = [...this.#waiting];
    if (alerts.length === 0) return;
    this.#waiting.clear();
    for (const alert of alerts) {
      this.#announced.add(alert);
      this.#inFlight.set(alert, alert.resolved);
    }
    try {
      await channel.send(this.#options.compose(alerts));
      this.counts.delivered++;
      if (channel === this.#channel) {
        this.#failures = 0;
        this.#nextAt = performance.now() + this.#times.interval;
        this.#setProblem(undefined);
      }
      for (const [alert, resolved] of this.#inFlight) if (resolved !== undefined) this.#announced.delete(alert);
      // An alert that was resolved while its message was on its way waits for the next message.
      this.#options.settled(alerts.filter((alert) => alert.resolved === this.#inFlight.get(alert)));
    } catch (error) {
      this.counts.failed++;
      for (const alert of alerts) this.#waiting.add(alert);
      if (channel === this.#channel) {
        this.#failures++;
        const wait = this.#times.interval * 2 ** (this.#failures - 1);
        this.#nextAt = performance.now() + Math.min(MAX_RETRY_WAIT, wait);
        this.#setProblem(textOf(error));
      }
    } finally {
      this.#inFlight.clear();
    }
  }

  #setProblem(problem: string | undefined): void {
    const before = this.#problem;
    this.#problem = problem;
    if (before !== problem) this.#options.changed(problem);
  }
}
