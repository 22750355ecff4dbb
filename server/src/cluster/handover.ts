import type { Lamp } from "../../../contract/index.js";
import type { Actions } from "../outputs/actions.js";
import type { Announcer } from "../outputs/decision-publisher.js";
import type { StoredActions } from "../storage/data-folder.js";
import type { Decisions } from "../decisions/decisions.js";
import type { DeviceConfigs } from "../outputs/board-config.js";
import type { Device, Devices } from "../devices/devices.js";
import type { History } from "../history/history.js";
import { zoneId } from "../transport/scope.js";
import type { Override } from "../devices/override.js";
import type { Recent } from "../history/recent.js";
import type { ReadingsJournal, Share } from "../ingest/share.js";
import { clock } from "../time/monotonic-clock.js";
import type { Zones } from "../decisions/zones/zones.js";
import { restore, unwrittenOf, type DeviceRecord } from "./device-records.js";

/** A device whose last reading is younger than this may still wait for its answer when its server dies, in ms. */
const FRESH = 10_000;

/** What is remembered of a device. */
export interface StoredDevice {
  readonly record?: DeviceRecord;
  readonly override?: Override;
  readonly actions?: StoredActions;
}

/** What is remembered of a zone. */
export interface StoredZone {
  readonly lamp?: Lamp;
  readonly override?: Override;
}

/** What this server takes up from others, and puts down for them. */
export interface Custody {
  /** Puts down what the predicate, given an id, does not keep; fulfilled when all that is known of it is stored. */
  putDown(keep: (id: string) => boolean): Promise<void>;
  /** Takes up devices and zones. */
  takeUp(devices: ReadonlyMap<string, StoredDevice>, zones: ReadonlyMap<string, StoredZone>): void;
  /**
   * Of what was taken up, commands those lamps anew whose last reading may not have been answered. To be called when all
   * has come that their server had not acknowledged: it may have answered that already.
   */
  answer(): void;
}

export interface CustodyParts {
  readonly devices: Devices;
  readonly zones: Zones;
  /** What zones' ids begin with. */
  readonly prefix: string;
  readonly decisions: Decisions;
  readonly actions: Actions;
  readonly announcer: Announcer;
  readonly configs: DeviceConfigs;
  readonly recent: Recent;
  readonly history: Pick<History, "addReading">;
  readonly share: Share | undefined;
  readonly journal: ReadingsJournal;
}

export function custodyOf(parts: CustodyParts): Custody {
  const { devices, zones, decisions, actions, announcer, configs, recent, history, share, journal, prefix } = parts;
  // only what another server has stored is taken up, and that has a shared clock
  const sharedClock = share?.clock ?? clock;
  /** Devices that reported shortly before they were taken up, and when. */
  let fresh: (readonly [device: Device, taken: number])[] = [];

  return {
    async putDown(keep) {
      announcer.close();
      const leaving = [...devices].filter(({ id }) => !keep(id));
      const asked = Promise.all([journal.stored, actions.stored()]);
      for (const device of leaving) {
        decisions.forget(device);
        announcer.forget(device);
        configs.forget(device);
        actions.release(device);
        devices.forget(device);
        recent.delete(device.id);
        share?.released(device.id);
      }
      for (const zone of zones) if (!keep(zoneId(prefix, zone.policy.name))) zones.release(zone);
      await asked;
    },

    takeUp(stored, storedZones) {
      const now = clock.now();
      const taken = [];
      for (const [id, { record, override, actions: pending }] of stored) {
        const device = devices.adopt(id);
        if (!device) continue;
        if (record) {
          restore(device, record, sharedClock);
          for (const reading of unwrittenOf(record)) history.addReading(device, reading);
        }
        if (override) decisions.restore(device, override);
        if (pending) actions.restore(device, pending);
        if (device.status) configs.assume(device, actions.expired(device));
        else if (device.taken > 0) devices.heard(device, device.lastSeen);
        share?.taken(device);
        taken.push(device);
      }
      // after the devices whose light they go by
      for (const [name, { lamp, override }] of storedZones) {
        const zone = zones.get(name);
        if (!zone) continue;
        zone.lamp = lamp;
        if (override) zones.restore(zone, override, now);
      }
      for (const device of taken) {
        if (now - device.taken < FRESH) fresh.push([device, device.taken]);
        else decisions.review(device, now);
      }
    },

    answer() {
      const now = clock.now();
      for (const [device, taken] of fresh) {
        // gone again, or something newer came
        if (devices.get(device.id) !== device || device.taken !== taken) continue;
        decisions.again(device, now);
        announcer.switched(device);
      }
      fresh = [];
    },
  };
}
