import { topicOf } from "../../../contract/index.js";
import type { Zone } from "../decisions/zones/zone.js";
import type { Device, Devices, Mode } from "../devices/devices.js";
import { NO_OVERRIDE, type Override } from "../devices/override.js";
import type { History } from "../history/history.js";
import type { RecentReadings } from "../history/recent.js";
import { clock } from "../time/monotonic-clock.js";
import type { Publisher } from "../transport/publisher.js";
import type { Actions } from "./actions.js";
import type { BoardConfigPublisher } from "./board-config.js";
import type { DecisionPublisher } from "./decision-publisher.js";
import type { DeviceMemory } from "./device-memory.js";
import type { Lamps } from "./lamps.js";
import type { Notifier } from "./notifier.js";
import type { StorageFailureLog } from "./storage-failures.js";

export interface DeviceCommandsOptions {
  readonly devices: Devices;
  readonly lamps: Lamps;
  readonly actions: Actions;
  readonly boardConfigs: BoardConfigPublisher;
  readonly decisionPublisher: DecisionPublisher;
  readonly notifier: Notifier;
  readonly publisher: Publisher;
  readonly memory: DeviceMemory;
  readonly failures: StorageFailureLog;
  readonly history: History;
  readonly recent: RecentReadings;
  /** The journal of readings, in which a forgotten device is deleted. */
  readonly journal: { forget(device: Device): Promise<void> };
}

/** Executes commands that people and apps send over HTTP or MQTT: set an override, forget a device. */
export class DeviceCommands {
  readonly #options: DeviceCommandsOptions;

  constructor(options: DeviceCommandsOptions) {
    this.#options = options;
  }

  /**
   * Sets a person's override of a lamp, which takes effect at once. Resolves when the override is stored.
   * @param duration in ms; without it the override lasts until somebody changes it
   */
  async setMode(device: Device, mode: Mode, duration?: number): Promise<void> {
    const { lamps, notifier, memory, failures } = this.#options;
    const before = device.override;
    lamps.setMode(device, mode, duration, clock.now());
    notifier.deviceChanged(device, "mode");
    if (before === device.override) return;
    await failures.logIfRejected(device.id, "override", memory.setOverride(device.id, device.override));
  }

  /** Sets a person's override of a zone; see `setMode`. */
  async setZoneMode(zone: Zone, mode: Mode, duration?: number): Promise<void> {
    const { lamps, notifier, memory, failures } = this.#options;
    lamps.setZoneMode(zone, mode, duration, clock.now());
    notifier.zoneOverrideSet(zone);
    const { name } = zone.policy;
    await failures.logIfRejected(`zone ${name}`, "override", memory.setZoneOverride(name, zone.override));
  }

  /** Moves the stored override of a renamed zone to its new name. Deletes the stored override of a removed zone. */
  moveZoneOverride(before: Zone, renamed: Zone | undefined): void {
    const { memory, failures } = this.#options;
    const store = (name: string, override: Override): void =>
      void failures.logIfRejected(`zone ${name}`, "override", memory.setZoneOverride(name, override));
    if (before.override.mode === "auto") return;
    if (renamed) store(renamed.policy.name, renamed.override);
    store(before.policy.name, NO_OVERRIDE);
  }

  /** Deletes a device with its stored data and retained messages. Resolves when done. A later reading adds the device again. */
  async forget(device: Device): Promise<void> {
    const { id } = device;
    const { lamps, decisionPublisher, boardConfigs, actions, devices, recent, notifier, failures } = this.#options;
    const { publisher, memory, journal, history } = this.#options;
    lamps.forget(device);
    decisionPublisher.forget(device);
    boardConfigs.forget(device);
    actions.forget(device);
    devices.forget(device);
    recent.delete(id);
    // An empty retained message deletes the retained one [MQTT-3.3.1-10].
    const empty = Buffer.alloc(0);
    for (const channel of ["commands", "config", "decision", "status"] as const)
      publisher.publish(topicOf(id, channel), empty, "retained");
    notifier.deviceForgotten(id);
    await Promise.all([
      failures.logIfRejected(id, "end", memory.forget(id)),
      failures.logIfRejected(id, "end", journal.forget(device)),
      failures.logIfRejected(id, "history", history.forget(id)),
    ]);
  }
}
