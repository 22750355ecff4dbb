import type { Log } from "../observability/log.js";
import type { NamedValues } from "../storage/data-folder.js";
import { clock } from "../time/monotonic-clock.js";
import { ALERT_KINDS, toAlertView, type Alert, type AlertKind, type AlertView } from "./alert.js";
import type { ChannelName, ChannelView, TestResult } from "./delivery/channel-view.js";
import { Deliveries } from "./delivery/deliveries.js";
import { createAlertMessage, createTestMessage, type AlertMessage } from "./delivery/message.js";
import { ProblemFinder, type ProblemSources } from "./findings.js";
import { Losses } from "./losses.js";
import type { AlertSettings } from "./settings.js";
import { AlertStore, MAX_RECENT_ALERTS, type RememberedAlert } from "./store.js";
import { AlertTracker } from "./tracker.js";

export interface AlertsOptions extends ProblemSources {
  readonly settings: AlertSettings;
  /** Stores alerts, so that a restart does not repeat them. */
  readonly values: NamedValues;
  readonly log: Log;
  /** Whether other servers of a cluster may take over devices and zones of this one. */
  readonly isShared: boolean;
  /** Sends an event to the followers of `/api/events`. */
  publish(name: string, data: unknown): void;
}

/** The longest time between two checks, in ms. A shorter grace period makes the checks more frequent. */
const MAX_CHECK_INTERVAL = 5000;
/** The shortest time between two checks, in ms, even for a very short grace period. */
const MIN_CHECK_INTERVAL = 250;

/** Raises alerts about lasting problems, shows them, and sends them to the channels of the settings. */
export class Alerts {
  readonly #options: AlertsOptions;
  readonly #store: AlertStore;
  readonly #losses: Losses;
  readonly #finder: ProblemFinder;
  readonly #tracker: AlertTracker;
  readonly #deliveries: Deliveries;
  readonly #remembered = new Map<Alert, RememberedAlert>();
  /** Resolved alerts, the oldest first. */
  readonly #recent: Alert[] = [];
  #settings: AlertSettings;
  #startedAt = clock.now();
  #timer: NodeJS.Timeout | undefined;
  #unwatchClock = (): void => {};

  constructor(options: AlertsOptions) {
    const { settings, values, log } = options;
    this.#options = options;
    this.#settings = settings;
    this.#store = new AlertStore(values, clock);
    this.#losses = new Losses(values);
    this.#finder = new ProblemFinder(options, this.#losses);
    const stored = this.#store.load();
    for (const one of stored) this.#remembered.set(one.alert, one);
    const alerts = stored.map(({ alert }) => alert);
    this.#tracker = new AlertTracker(alerts.filter(({ resolved }) => resolved === undefined));
    this.#recent.push(...alerts.filter(({ resolved }) => resolved !== undefined));
    this.#deliveries = new Deliveries({
      log,
      compose: (some) => this.#messageAbout(some),
      settled: (channel, some) => this.#settled(channel, some),
    });
  }

  /** Starts the checks for problems. Call this when boards can connect, because their grace period begins now. */
  start(): void {
    this.#startedAt = clock.now();
    for (const { kind, subject, count = 0 } of this.#tracker.openAlerts)
      if (kind === "readings-lost" && subject) this.#losses.resumeLoss(subject, count, this.#startedAt);
    this.#deliveries.apply(this.#settings, (channel) => this.#restoredFor(channel));
    // Store the alerts again after somebody has set the clock, because the stored wall-clock times are then wrong.
    this.#unwatchClock = clock.onJump(() => this.#remembered.forEach((one) => this.#store.put(one)));
    this.#watch();
  }

  /** Applies settings. Open alerts stay open. Alerts that wait to be sent go to the channels of the new settings. */
  apply(settings: AlertSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    this.#deliveries.apply(settings, (channel) => this.#restoredFor(channel));
    this.#watch();
  }

  /** Returns the open alerts and the latest resolved ones, the newest first. */
  list(): AlertView[] {
    const alerts = [...this.#recent, ...this.#tracker.openAlerts].sort((a, b) => b.raised - a.raised);
    return alerts.map(viewOf);
  }

  /** Returns the number of open alerts by kind. */
  counts(): Readonly<Record<AlertKind, number>> {
    const entries = ALERT_KINDS.map((kind) => [kind, this.#tracker.openAlertsOf(kind).size] as const);
    return Object.fromEntries(entries) as Record<AlertKind, number>;
  }

  /** Returns the channels to which alerts are sent. */
  listChannels(): ChannelView[] {
    return this.#deliveries.listChannels();
  }

  /** The numbers of delivered and failed messages since the server started, by channel. */
  get deliveryCounts(): Deliveries["counts"] {
    return this.#deliveries.counts;
  }

  /** Sends a test message to every channel, and waits for the outcomes. */
  sendTest(): Promise<TestResult[]> {
    return this.#deliveries.sendTest(createTestMessage(this.#openCount, this.#settings.page));
  }

  /** Deletes the stored losses of a board that was forgotten. The next check resolves its alerts. */
  forget(id: string): void {
    this.#losses.forget(id);
  }

  /** Stops checking for problems and sending messages. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unwatchClock();
    await this.#deliveries.close();
  }

  #watch(): void {
    clearInterval(this.#timer);
    const interval = Math.max(MIN_CHECK_INTERVAL, Math.min(MAX_CHECK_INTERVAL, this.#settings.after / 20));
    this.#timer = setInterval(() => this.#check(), interval);
  }

  #check(): void {
    const now = clock.now();
    const context = { now, startedAt: this.#startedAt, grace: this.#settings.after, tracker: this.#tracker };
    const { raised, resolved, updated } = this.#tracker.checkFindings(
      this.#finder.find(context),
      now,
      this.#settings.after,
    );
    for (const alert of raised) this.#raise(alert, now);
    for (const alert of updated) this.#changed(alert);
    const told = resolved.filter((alert) => this.#resolve(alert));
    if (raised.length > 0) this.#options.log.warn("alert", `Alert: ${this.#messageAbout(raised).title}.`);
    if (told.length > 0) this.#options.log.info("alert", `${this.#messageAbout(told).title}.`);
  }

  #raise(alert: Alert, now: number): void {
    const device = alert.kind === "readings-lost" ? this.#options.devices.get(alert.subject) : undefined;
    if (device) this.#losses.recordAlert(device, now);
    this.#remembered.set(alert, { alert, deliveries: this.#allWaiting() });
    this.#changed(alert);
    this.#deliveries.add(alert);
  }

  /**
   * Records that an alert is resolved. If another server of the cluster has taken over the device or zone, deletes the
   * alert instead and returns false.
   */
  #resolve(alert: Alert): boolean {
    const remembered = this.#remembered.get(alert)!;
    if (this.#options.isShared && this.#isGone(alert)) {
      this.#options.publish("alert", viewOf(alert));
      this.#remembered.delete(alert);
      this.#store.delete(alert.id);
      return false;
    }
    for (const channel of remembered.deliveries.keys()) remembered.deliveries.set(channel, "waiting");
    this.#recent.push(alert);
    this.#changed(alert);
    this.#deliveries.add(alert);
    for (const old of this.#recent.splice(0, Math.max(0, this.#recent.length - MAX_RECENT_ALERTS))) {
      this.#remembered.delete(old);
      this.#store.delete(old.id);
    }
    return true;
  }

  #isGone({ kind, subject }: Alert): boolean {
    if (kind === "zone-without-sensor") return !this.#options.ownsZone(subject);
    return subject !== "" && this.#options.devices.get(subject) === undefined;
  }

  /** Stores and publishes a new or changed alert. */
  #changed(alert: Alert): void {
    this.#store.put(this.#remembered.get(alert)!);
    this.#options.publish("alert", viewOf(alert));
  }

  #settled(channel: ChannelName, alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const remembered = this.#remembered.get(alert);
      if (remembered?.deliveries.get(channel) !== "waiting") continue;
      remembered.deliveries.set(channel, "sent");
      this.#store.put(remembered);
    }
  }

  #allWaiting(): RememberedAlert["deliveries"] {
    return new Map(this.#deliveries.channelNames.map((name) => [name, "waiting"]));
  }

  #restoredFor(channel: ChannelName): [Alert, boolean][] {
    return [...this.#remembered.values()].flatMap(({ alert, deliveries }): [Alert, boolean][] => {
      const state = deliveries.get(channel);
      return state && (alert.resolved === undefined || state === "waiting") ? [[alert, state === "sent"]] : [];
    });
  }

  #messageAbout(alerts: readonly Alert[]): AlertMessage {
    return createAlertMessage(alerts.map(viewOf), this.#openCount, this.#settings.page);
  }

  get #openCount(): number {
    return ALERT_KINDS.reduce((sum, kind) => sum + this.#tracker.openAlertsOf(kind).size, 0);
  }
}

const viewOf = (alert: Alert): AlertView => toAlertView(alert, (time) => clock.toWall(time));
