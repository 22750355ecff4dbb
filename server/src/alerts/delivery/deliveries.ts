import { redactText } from "../../security/redact.js";
import type { Log } from "../../observability/log.js";
import type { Alert } from "../alert.js";
import type { AlertSettings } from "../settings.js";
import type { Channel } from "./channel.js";
import { createChannels } from "./channels.js";
import type { ChannelName, ChannelView, TestResult } from "./channel-view.js";
import type { AlertMessage } from "./message.js";
import { Outbox, type DeliveryCounts, type OutboxTimes, type RestoredAlert } from "./outbox.js";

export interface DeliveriesOptions {
  readonly log: Log;
  compose(alerts: readonly Alert[]): AlertMessage;
  /** Called with alerts whose present state a channel has received. */
  settled(channel: ChannelName, alerts: readonly Alert[]): void;
}

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
  #outboxes: ReadonlyMap<ChannelName, Outbox> = new Map();
  /** Outboxes of removed channels, whose last messages are still on their way. */
  readonly #closing = new Map<ChannelName, { readonly outbox: Outbox; readonly closed: Promise<void> }>();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /**
   * Replaces the channels. A channel of the same name continues where the previous one was.
   * @param restored returns the alerts that concern a channel which is new
   */
  apply(settings: AlertSettings, restored: (channel: ChannelName) => readonly RestoredAlert[]): void {
    const previous = this.#outboxes;
    const times = outboxTimesOf(settings);
    this.#outboxes = new Map(
      createChannels(settings).map((channel) => {
        const { name } = channel;
        const kept = previous.get(name);
        const outbox = kept ?? this.#closing.get(name)?.outbox ?? this.#createOutbox(channel, times);
        outbox.replaceChannel(channel, times);
        if (!kept) outbox.restore(restored(name));
        return [name, outbox];
      }),
    );
    for (const [name, outbox] of previous) if (!this.#outboxes.has(name)) this.#remove(name, outbox);
  }

  /** The names of the channels. */
  get channelNames(): readonly ChannelName[] {
    return [...this.#outboxes.keys()];
  }

  add(alert: Alert): void {
    for (const outbox of this.#outboxes.values()) outbox.add(alert);
  }

  /** Sends a message to every channel at once, and waits for the outcomes. */
  sendTest(message: AlertMessage): Promise<TestResult[]> {
    return Promise.all(
      Array.from(this.#outboxes.values(), async ({ channel }) => {
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
    return Array.from(this.#outboxes.values(), ({ channel, problem = null, waitingCount: waiting, counts }) => ({
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
    await Promise.all([
      ...Array.from(this.#closing.values(), ({ closed }) => closed),
      ...Array.from(this.#outboxes.values(), (outbox) => outbox.close()),
    ]);
  }

  #createOutbox(channel: Channel, times: OutboxTimes): Outbox {
    const { name } = channel;
    const { compose, settled } = this.#options;
    const events = {
      compose,
      settled: (alerts: readonly Alert[]) => settled(name, alerts),
      changed: (problem: string | undefined) => this.#logProblem(name, problem),
    };
    return new Outbox(events, this.#countsOf(name), channel, times);
  }

  #remove(name: ChannelName, outbox: Outbox): void {
    const closed: Promise<void> = outbox.close().finally(() => {
      if (this.#closing.get(name)?.closed === closed) this.#closing.delete(name);
    });
    this.#closing.set(name, { outbox, closed });
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
