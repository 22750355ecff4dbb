import { redactText } from "../../security/redact.js";
import type { Log } from "../../observability/log.js";
import type { Alert } from "../alert.js";
import type { AlertSettings } from "../settings.js";
import { createChannels } from "./channels.js";
import type { ChannelName, ChannelView, TestResult } from "./channel-view.js";
import type { AlertMessage } from "./message.js";
import { Outbox, type DeliveryCounts, type OutboxTimes } from "./outbox.js";

export interface DeliveriesOptions {
  readonly log: Log;
  compose(alerts: readonly Alert[]): AlertMessage;
  /** Called with alerts whose present state a channel has received. */
  settled(channel: ChannelName, alerts: readonly Alert[]): void;
}

/**
 * An alert of an earlier run. `isSent` is true if the channel has received its present state, false if it waits to be
 * sent.
 */
export type RestoredAlert = readonly [alert: Alert, isSent: boolean];

const MAX_GROUP_WAIT = 10_000;
const MAX_MESSAGE_INTERVAL = 60_000;

/** Returns how long an outbox waits before it sends messages. A short grace period, as in tests, shortens the wait. */
const outboxTimesOf = ({ after }: AlertSettings): OutboxTimes => ({
  group: Math.min(MAX_GROUP_WAIT, after / 4),
  interval: Math.min(MAX_MESSAGE_INTERVAL, after / 2),
});

/** Delivers alerts to all channels of the settings. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #counts = new Map<ChannelName, DeliveryCounts>();
  #outboxes: readonly Outbox[] = [];
  /** Ends of replaced outboxes, whose last messages may still be on their way. */
  readonly #closing = new Set<Promise<void>>();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Replaces the channels. @param restored returns the alerts that concern a channel */
  apply(settings: AlertSettings, restored: (channel: ChannelName) => readonly RestoredAlert[]): void {
    for (const outbox of this.#outboxes) {
      const closing: Promise<void> = outbox.close().finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
    this.#outboxes = createChannels(settings).map((channel) => {
      const { name } = channel;
      const alerts = restored(name);
      const counts = this.#countsOf(name);
      // A resolved alert is restored only if the message about its end is still due. An earlier message may have
      // announced the alert.
      const announced = alerts.filter(([alert, isSent]) => isSent || alert.resolved !== undefined).map(([alert]) => alert); // prettier-ignore
      const outbox = new Outbox(
        {
          channel,
          times: outboxTimesOf(settings),
          compose: this.#options.compose,
          settled: (settled) => this.#options.settled(name, settled),
          changed: (problem) => this.#logProblem(name, problem),
        },
        counts,
        announced,
      );
      for (const [alert, isSent] of alerts) if (!isSent) outbox.add(alert);
      return outbox;
    });
  }

  /** The names of the channels. */
  get channelNames(): readonly ChannelName[] {
    return this.#outboxes.map(({ channel }) => channel.name);
  }

  add(alert: Alert): void {
    for (const outbox of this.#outboxes) outbox.add(alert);
  }

  /** Sends a message to every channel at once, and waits for the outcomes. */
  sendTest(message: AlertMessage): Promise<TestResult[]> {
    return Promise.all(
      this.#outboxes.map(async ({ channel }) => {
        const counts = this.#countsOf(channel.name);
        try {
          await channel.send(message);
          counts.delivered++;
          return { channel: channel.name, problem: null };
        } catch (error) {
          counts.failed++;
          return { channel: channel.name, problem: redactText((error as Error).message) };
        }
      }),
    );
  }

  listChannels(): ChannelView[] {
    return this.#outboxes.map(({ channel, problem = null, waitingCount: waiting, counts }) => ({
      channel: channel.name,
      target: channel.target,
      problem,
      waiting,
      ...counts,
    }));
  }

  /** The numbers of delivered and failed messages since the server started, by channel. */
  get counts(): ReadonlyMap<ChannelName, Readonly<DeliveryCounts>> {
    return this.#counts;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#closing, ...this.#outboxes.map((outbox) => outbox.close())]);
  }

  #countsOf(name: ChannelName): DeliveryCounts {
    let counts = this.#counts.get(name);
    if (!counts) this.#counts.set(name, (counts = { delivered: 0, failed: 0 }));
    return counts;
  }

  #logProblem(name: ChannelName, problem: string | undefined): void {
    const { log } = this.#options;
    if (problem === undefined) log.info("alert", `Alerts arrive at ${name} again.`, { channel: name });
    else log.warn("alert", `Alerts do not arrive at ${name}: ${problem} The server keeps trying.`, { channel: name });
  }
}
