/** Runs the alerts of a server with simulated time, boards and zones, but without broker, disk and network. */
import { vi } from "vitest";
import { Alerts } from "../../../server/src/alerts/alerts.js";
import type { AlertView } from "../../../server/src/alerts/alert.js";
import type { AlertSettings } from "../../../server/src/alerts/settings.js";
import { Zones } from "../../../server/src/decisions/zones/zones.js";
import type { ZonePolicy } from "../../../server/src/decisions/policy.js";
import { Devices } from "../../../server/src/devices/devices.js";
import { silentLog } from "../../../server/src/observability/log.js";
import type { NamedValues } from "../../../server/src/storage/data-folder.js";
import { clock } from "../../../server/src/time/monotonic-clock.js";

/** The body of a webhook. */
export interface WebhookBody {
  readonly event: string;
  readonly title: string;
  readonly text: string;
  readonly raised: number;
  readonly resolved: number;
  readonly open: number;
  readonly alerts: readonly (AlertView & { readonly state: "open" | "resolved" })[];
}

/** Opens named values in memory. The values survive a restart of the bench, because `stored` keeps them. */
function openValues(stored: Map<string, string>): NamedValues {
  const known = new Map(stored);
  return {
    entriesWithPrefix: <T>(prefix: string) =>
      new Map(
        [...known]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, text]) => [name.slice(prefix.length), JSON.parse(text) as T]),
      ),
    async put(name, value) {
      stored.set(name, JSON.stringify(value));
    },
    async delete(...names) {
      for (const name of names) stored.delete(name);
    },
  };
}

/** The alerts of a server, with times, boards and zones that the test controls. Tests must use fake timers. */
export class AlertBench {
  devices!: Devices;
  zones!: Zones;
  alerts!: Alerts;
  /** The alerts of all `alert` events. */
  readonly published: AlertView[] = [];
  readonly health = { problem: "" };
  readonly history = { stats: { waiting: 0, written: 0, lost: 0 }, problem: "" };
  brokerProblem = "";
  rolloutProblem = "";
  readonly #stored = new Map<string, string>();
  /** The fields of each board's retained status. */
  readonly #statuses = new Map<string, { online: boolean; boot?: number; dropped?: number }>();

  constructor(
    public settings: AlertSettings,
    readonly policies: readonly ZonePolicy[] = [],
  ) {
    this.start();
  }

  /** Starts a server, which finds the data and the retained messages of the previous server. */
  start(): void {
    this.devices = new Devices();
    this.zones = new Zones((id) => this.devices.get(id));
    this.zones.apply(this.policies);
    for (const [id, status] of this.#statuses) this.devices.obtain(id)!.applyStatus(status, true);
    this.alerts = new Alerts({
      settings: this.settings,
      values: openValues(this.#stored),
      log: silentLog,
      isShared: false,
      devices: this.devices,
      zones: this.zones,
      ownsZone: () => true,
      health: this.health,
      history: this.history,
      brokerProblem: () => this.brokerProblem,
      rolloutProblem: () => this.rolloutProblem,
      publish: (name, data) => void (name === "alert" && this.published.push(data as AlertView)),
    });
    this.alerts.start();
  }

  /** Stops the server and starts it again after `away` ms. The new server receives the last status of each board. */
  async restart(away: number): Promise<void> {
    await this.alerts.close();
    await this.advance(away);
    this.start();
  }

  publishStatus(id: string, status: { online: boolean; boot?: number; dropped?: number }): void {
    this.#statuses.set(id, { ...this.#statuses.get(id), ...status });
    this.devices.obtain(id)!.applyStatus(status, false);
  }

  processReading(id: string, light = 500): void {
    this.devices.obtain(id)!.acceptReading(light, undefined, clock.now());
  }

  forgetDevice(id: string): void {
    this.#statuses.delete(id);
    this.devices.forget(this.devices.get(id)!);
    this.alerts.forget(id);
  }

  /** Advances the simulated time by `ms`. */
  async advance(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  /** Returns the open alerts, each as "kind subject". */
  get openAlerts(): string[] {
    const open = this.alerts.list().filter(({ resolved }) => resolved === null);
    return open.map(({ kind, device, zone }) => `${kind} ${device ?? zone ?? ""}`.trim()).sort();
  }
}
