import type { Lamp } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Override } from "../devices/override.js";
import type { History } from "../history/history.js";
import type { ReadingsJournal } from "../ingest/readings-journal.js";
import type { StoredActions } from "../outputs/stored-actions.js";
import { clock } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";
import { zoneId } from "../transport/scope.js";
import type { ClusterMember } from "./cluster-parts.js";
import { snapshotOf, unwrittenOf, type DeviceRecord } from "./device-records.js";

/** How long after a device's last reading the answer may be missing because its server has died, in ms. */
const UNANSWERED = 10_000;

/** What Redis knows about a device. */
export interface StoredDevice {
  readonly record?: DeviceRecord;
  readonly override?: Override;
  readonly actions?: StoredActions;
}

/** What Redis knows about a zone. */
export interface StoredZone {
  readonly lamp?: Lamp;
  readonly override?: Override;
}

export interface HandoverOptions {
  readonly member: ClusterMember;
  readonly journal: ReadingsJournal;
  readonly history: Pick<History, "addReading">;
  /** The clock that all servers share. */
  readonly clock: StorageClock;
  readonly prefix: string;
}

/** Hands devices and zones over between servers. */
export class Handover {
  readonly #options: HandoverOptions;
  /** Adopted devices with a recent reading that may not have been answered, and when it was measured. */
  #unanswered: (readonly [device: Device, measuredAt: number])[] = [];

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** Releases devices and zones to other servers. Resolves when everything about them is stored. @param keep takes an id */
  async release(keep: (id: string) => boolean): Promise<void> {
    const { member, journal, prefix } = this.#options;
    const { devices, zones, lamps, decisionPublisher, boardConfigs, actions, recent, homeAssistant } = member;
    decisionPublisher.close();
    const released = [...devices].filter(({ id }) => !keep(id));
    const stored = Promise.all([journal.stored, actions.stored()]);
    for (const device of released) {
      lamps.forget(device);
      decisionPublisher.forget(device);
      boardConfigs.forget(device);
      actions.release(device);
      devices.forget(device);
      recent.delete(device.id);
      homeAssistant.release(device.id);
    }
    for (const zone of zones) if (!keep(zoneId(prefix, zone.policy.name))) zone.reset();
    await stored;
  }

  /** Adopts devices and zones of other servers. */
  adopt(devices: ReadonlyMap<string, StoredDevice>, zones: ReadonlyMap<string, StoredZone>): void {
    const { member } = this.#options;
    const now = clock.now();
    const adopted = [];
    for (const [id, stored] of devices) {
      const device = member.devices.obtain(id, true);
      if (!device) continue;
      this.#restore(device, stored);
      adopted.push(device);
    }
    // Zones decide by the light of their sensors, so the devices come first.
    for (const [name, { lamp, override }] of zones) {
      const zone = member.zones.get(name);
      if (!zone) continue;
      zone.lamp = lamp;
      if (override) member.lamps.restoreZoneOverride(zone, override, now);
    }
    for (const device of adopted) {
      if (now - device.measuredAt < UNANSWERED) this.#unanswered.push([device, device.measuredAt]);
      else member.lamps.redecide(device, now);
    }
  }

  /**
   * Commands the lamps of adopted devices whose last reading may not have been answered. Call this after all messages have
   * arrived that the previous server had not acknowledged.
   */
  answer(): void {
    const { devices, lamps, decisionPublisher } = this.#options.member;
    const now = clock.now();
    for (const [device, measuredAt] of this.#unanswered) {
      // The device may have been released again, or a newer reading may have arrived.
      if (devices.get(device.id) !== device || device.measuredAt !== measuredAt) continue;
      lamps.resendCommand(device, now);
      decisionPublisher.switched(device);
    }
    this.#unanswered = [];
  }

  #restore(device: Device, { record, override, actions: pending }: StoredDevice): void {
    const { member, history, clock: sharedClock } = this.#options;
    const { lamps, actions, boardConfigs, notifier } = member;
    if (record) {
      device.restore(snapshotOf(record, sharedClock));
      for (const reading of unwrittenOf(record)) history.addReading(device, reading);
    }
    if (override) lamps.restoreOverride(device, override);
    if (pending) actions.restore(device, pending);
    if (device.status) boardConfigs.assumePublished(device, actions.expired(device));
    else if (device.measuredAt > 0) device.heard(device.lastSeen);
    notifier.described(device);
  }
}
