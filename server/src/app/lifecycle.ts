import type { Policy } from "../decisions/policy.js";
import { restoreLastKnown } from "../devices/last-known.js";
import type { History } from "../history/history.js";
import type { Log } from "../observability/log.js";
import type { DataFolder } from "../storage/data-folder.js";
import { clock } from "../time/monotonic-clock.js";
import { watchWallClock } from "./clock-jumps.js";
import type { Parts } from "./parts.js";
import { startTimers } from "./ticks.js";

/** Starts and stops the parts of a server, and applies a changed policy. */
export class Lifecycle {
  readonly #parts: Parts;
  readonly #log: Log;
  readonly #recalling = new AbortController();
  #stopTicks = (): void => {};
  #unwatchClock = (): void => {};

  constructor(parts: Parts, log: Log) {
    this.#parts = parts;
    this.#log = log;
  }

  /** Restores overrides and, unless the server belongs to a cluster, readings. A cluster stores readings in Redis. */
  async restore(folder: DataFolder, history: History, isAlone: boolean): Promise<void> {
    const { devices, lamps, memory, journal } = this.#parts;
    for (const [id, override] of memory.overrides) {
      const device = devices.obtain(id);
      if (device) lamps.restoreOverride(device, override);
    }
    folder.markRestoring();
    // After `kill -9`, the history may lack the latest readings of the journal, so add the journal's readings to the
    // history. The history ignores readings that it has already stored.
    const add: History["addReading"] = (device, point) => history.addReading(device, point);
    if (isAlone) await journal.restore(devices, folder.wasKilled ? add : () => {});
    this.#unwatchClock = watchWallClock({ ...this.#parts, log: this.#log });
    this.#stopTicks = startTimers(this.#parts);
  }

  /**
   * Resumes the stored actions of devices and overrides of zones. Call this after the server can publish messages, and
   * before the first message arrives.
   */
  resume(): void {
    const { devices, zones, lamps, actions, memory } = this.#parts;
    lamps.isCatchingUp = true;
    for (const [id, stored] of memory.actions) {
      const device = devices.obtain(id);
      if (device) actions.restore(device, stored);
    }
    for (const [name, override] of memory.zoneOverrides) {
      const zone = zones.get(name);
      if (zone) lamps.restoreZoneOverride(zone, override, clock.now());
    }
  }

  /** Starts to publish changes of devices. Call this after the server has connected to the broker. */
  startPublishing(history: History, isAlone: boolean): void {
    const { devices, notifier } = this.#parts;
    notifier.start();
    for (const device of devices) notifier.deviceDescribed(device);
    const warnOfHistoryProblem = (problem: string): void => this.#log.warn("history", problem);
    const reported = notifier.deviceReported.bind(notifier);
    if (isAlone) void restoreLastKnown(history, devices, reported, warnOfHistoryProblem, this.#recalling.signal);
  }

  /** Publishes the retained messages again after a reconnect, because the broker may have lost them. */
  republish(): void {
    const { devices, lamps, actions, boardConfigs, decisionPublisher, homeAssistant } = this.#parts;
    lamps.isCatchingUp = true;
    for (const device of boardConfigs.forgetPublished())
      boardConfigs.publish(device, actions.highestExpiredSeqOf(device));
    decisionPublisher.republish(devices);
    homeAssistant.announceAll();
  }

  /** Replaces the policy, and decides again about all lamps immediately. */
  apply(policy: Policy): void {
    const { settings, zones, devices, lamps, actions, boardConfigs, notifier, commands } = this.#parts;
    settings.apply(policy);
    const ended = zones.apply(policy.zones);
    boardConfigs.reporting = policy.reporting;
    const changed = devices.configure();
    for (const device of devices) notifier.deviceDescribed(device);
    for (const device of boardConfigs.publishedDevices)
      boardConfigs.publish(device, actions.highestExpiredSeqOf(device));
    const now = clock.now();
    lamps.tickZones(now);
    for (const device of devices) lamps.decideAgain(device, now);
    for (const device of changed) notifier.deviceReported(device);
    for (const [zone, renamed] of ended) commands.moveZoneOverride(zone, renamed);
  }

  /** Stops all parts of the server. Resolves when all persistent data is stored. */
  async close(folder: DataFolder): Promise<void> {
    const { ingest, lamps, blinking, decisionPublisher, notifier, actions, journal } = this.#parts;
    ingest.close();
    this.#recalling.abort();
    this.#stopTicks();
    this.#unwatchClock();
    lamps.close();
    blinking.close();
    decisionPublisher.close();
    notifier.close();
    await folder.health.waitUnlessFailing(actions.close());
    await journal.close();
  }
}
