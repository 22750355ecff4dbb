import { topicOf } from "../../../contract/index.js";
import type { Actions } from "./actions.js";
import type { Announcer } from "./decision-publisher.js";
import type { DataFolder } from "../storage/data-folder.js";
import type { Decisions } from "../decisions/decisions.js";
import type { DeviceConfigs } from "./board-config.js";
import type { Device, Devices } from "../devices/devices.js";
import type { History } from "../history/history.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import type { Log } from "../observability/log.js";
import type { Mode } from "../devices/override.js";
import type { Recent } from "../history/recent.js";
import { clock } from "../time/monotonic-clock.js";
import type { Zone } from "../decisions/zones/zone.js";
import type { Zones } from "../decisions/zones/zones.js";

/** What people can want, over HTTP or MQTT. */
export interface Wishes {
  /** An override takes effect at once; fulfilled when it is stored. @param duration in ms; until it is changed unless given */
  setMode(device: Device, mode: Mode, duration?: number): Promise<void>;
  setZoneMode(zone: Zone, mode: Mode, duration?: number): Promise<void>;
  /** Nothing is known of a device any more, nor at the broker. Should it report again, it is a new one. */
  forget(device: Device): Promise<void>;
}

/** What is needed to fulfil them. */
export interface WishesOptions {
  readonly log: Log;
  forgotten(id: string): void;
  readonly data: DataFolder;
  readonly history: History;
  readonly devices: Devices;
  readonly zones: Zones;
  readonly decisions: Decisions;
  readonly actions: Actions;
  readonly recent: Recent;
  readonly journal: { forget(device: Device): Promise<void> };
  readonly announcer: Announcer;
  readonly configs: DeviceConfigs;
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  /** Fulfilled when `storing` is settled; says so when it failed. */
  stored(id: string, what: string, storing: Promise<void>): Promise<void>;
}

export function wishesOf(to: WishesOptions): Wishes {
  const { log, data, devices, zones, decisions, stored } = to;
  return {
    async setMode(device, mode, duration) {
      const before = device.override;
      decisions.mode(device, mode, duration, clock.now());
      devices.changed(device, "mode");
      if (before === device.override) return;
      await stored(device.id, "override", data.setOverride(device.id, device.override));
    },

    async setZoneMode(zone, mode, duration) {
      zones.setMode(zone, mode, duration, clock.now());
      const { name } = zone.policy;
      log.info("zone", `Zone ${name}: ${zone.reason ?? "on automatic again"}`, { zone: name, mode });
      await stored(`zone ${name}`, "override", data.setZoneOverride(name, zone.override));
    },

    async forget(device) {
      const { id } = device;
      decisions.forget(device);
      to.announcer.forget(device);
      to.configs.forget(device);
      to.actions.forget(device);
      devices.forget(device);
      to.recent.delete(id);
      // what is retained goes as well, so that nothing brings it back but the board itself [MQTT-3.3.1-10]
      const nothing = Buffer.alloc(0);
      for (const channel of ["commands", "config", "decision", "status"] as const)
        to.publish(topicOf(id, channel), nothing, "retained");
      to.forgotten(id);
      log.info("device", `${id} is forgotten`, { id, change: "forgotten" });
      await Promise.all([
        stored(id, "end", data.forget(id)),
        stored(id, "end", to.journal.forget(device)),
        stored(id, "history", to.history.forget(id)),
      ]);
    },
  };
}
