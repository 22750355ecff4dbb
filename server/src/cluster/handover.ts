import type { Lamp } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Override } from "../devices/override.js";
import type { History } from "../history/history.js";
import type { ReadingsJournal } from "../ingest/readings-journal.js";
import type { StoredActions } from "../outputs/stored-actions.js";
import { clock } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";
import { zoneIdOf } from "../transport/scope.js";
import type { ClusterMember } from "./cluster-parts.js";
import { snapshotOf, unwrittenOf, type DeviceRecord } from "./device-records.js";

/**
 * If the last reading of an adopted device is younger than this, in ms, the previous owner may have failed before
 * sending the command for it. The new owner then sends the command again.
 */
const UNANSWERED_PERIOD = 10_000;

/** The state of a device that is stored in Redis. */
export interface StoredDevice {
  readonly record?: DeviceRecord;
  readonly override?: Override;
  readonly actions?: StoredActions;
}

/** The state of a zone that is stored in Redis. */
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

/** Hands devices and zones over between servers: releases them to other servers, and adopts them from other servers. */
export class Handover {
  readonly #options: HandoverOptions;
  /** Adopted devices whose last reading may still need a command, and when this reading was taken. */
  #unanswered: (readonly [device: Device, measuredAt: number])[] = [];

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /**
   * Releases devices and zones, so that other servers can adopt them. Resolves when Redis has stored their state.
   * @param keep returns whether this server keeps the device or zone with this id
   */
  async release(keep: (id: string) => boolean): Promise<void> {
    const { member, journal, prefix } = this.#options;
    const { devices, zones, lamps, decisionPublisher, boardConfigs, actions, recent, homeAssistant } = member;
    decisionPublisher.close();
    const released = [...devices].filter(({ id }) => !keep(id));
    const stored = Promise.all([journal.whenStored, actions.whenStored()]);
    for (const device of released) {
      lamps.forget(device);
      decisionPublisher.forget(device);
      boardConfigs.forget(device);
      actions.release(device);
      devices.forget(device);
      recent.delete(device.id);
      homeAssistant.release(device.id);
    }
    for (const zone of zones) if (!keep(zoneIdOf(prefix, zone.policy.name))) zone.reset();
    await stored;
  }

  /** Adopts devices and zones that other servers have released. */
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
    // Adopt devices before zones, because zones decide by the light of their devices.
    for (const [name, { lamp, override }] of zones) {
      const zone = member.zones.get(name);
      if (!zone) continue;
      zone.lamp = lamp;
      if (override) member.lamps.restoreZoneOverride(zone, override, now);
    }
    for (const device of adopted) {
      if (now - device.measuredAt < UNANSWERED_PERIOD) this.#unanswered.push([device, device.measuredAt]);
      else member.lamps.decideAgain(device, now);
    }
  }

  /**
   * Sends commands to adopted devices whose last reading may be unanswered. Call this when this server has handled all
   * messages that the previous owner had not acknowledged.
   */
  resendCommands(): void {
    const { devices, lamps, decisionPublisher } = this.#options.member;
    const now = clock.now();
    for (const [device, measuredAt] of this.#unanswered) {
      // Skip a device that this server has released in the meantime, and a device that has sent a newer reading.
      if (devices.get(device.id) !== device || device.measuredAt !== measuredAt) continue;
      lamps.resendCommand(device, now);
      decisionPublisher.lampSwitched(device);
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
    if (device.status) boardConfigs.markPublished(device, actions.highestExpiredSeqOf(device));
    else if (device.measuredAt > 0) device.recordMessage(device.lastSeen);
    notifier.deviceDescribed(device);
  }
}
