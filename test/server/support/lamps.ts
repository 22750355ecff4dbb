/** Creates the server's decision components without a broker, and records everything that they publish. */
import { EventEmitter } from "node:events";
import { LESSON_POLICY } from "../../../server/src/decisions/policy.js";
import { DeviceSettingsSource } from "../../../server/src/decisions/device-settings.js";
import { Zones } from "../../../server/src/decisions/zones/zones.js";
import { Devices, type DeviceChange, type Device } from "../../../server/src/devices/devices.js";
import { NO_HISTORY } from "../../../server/src/history/history.js";
import { createCounters } from "../../../server/src/observability/counters.js";
import { silentLog } from "../../../server/src/observability/log.js";
import { DecisionPublisher } from "../../../server/src/outputs/decision-publisher.js";
import { HomeAssistant } from "../../../server/src/outputs/homeassistant/homeassistant.js";
import { LampCommands } from "../../../server/src/outputs/lamp-commands.js";
import { Lamps } from "../../../server/src/outputs/lamps.js";
import { Notifier } from "../../../server/src/outputs/notifier.js";
import { SOLE_OWNERSHIP } from "../../../server/src/outputs/ownership.js";
import type { ServerEvents } from "../../../server/src/outputs/server-events.js";
import { StorageFailureLog } from "../../../server/src/outputs/storage-failures.js";
import { Publisher } from "../../../server/src/transport/publisher.js";

export interface LampBench {
  readonly devices: Devices;
  readonly zones: Zones;
  readonly lamps: Lamps;
  readonly decisionPublisher: DecisionPublisher;
  /** Messages that the components have published, in order. */
  readonly published: { readonly topic: string; readonly text: string }[];
  /** Device changes that the components have reported, in order. */
  readonly changes: [id: string, change: DeviceChange][];
  /** The names of zones whose override was stored. */
  readonly storedZones: string[];
  /** The ids of devices whose override was stored. */
  readonly storedDevices: string[];
  /** Processes a device's newest reading, taken `age` ms ago. */
  processReading(id: string, light: number, options?: { age?: number; sure?: boolean; seq?: number }): void;
}

/** Creates the server's decision components. Tests must use fake timers. */
export function createLampBench(): LampBench {
  const published: LampBench["published"] = [];
  const changes: LampBench["changes"] = [];
  const [storedZones, storedDevices]: [string[], string[]] = [[], []];
  const zones: Zones = new Zones((id) => devices.get(id));
  const settings = new DeviceSettingsSource(LESSON_POLICY, zones);
  const devices = new Devices((id) => settings.settingsOf(id));
  const publisher = new Publisher();
  publisher.setConnection({ publish: (topic, payload) => void published.push({ topic, text: payload.toString() }) });
  const emitter = new EventEmitter<ServerEvents>();
  const decisionPublisher = new DecisionPublisher(publisher);
  const discovery = { topics: [], async remember() {}, async forget() {} };
  const common = { log: silentLog, publisher };
  const homeAssistant = new HomeAssistant({
    ...{ ...common, memory: discovery, discoveryPrefix: "homeassistant", prefix: "nightlight", version: "0" },
  });
  class Recorder extends Notifier {
    override deviceChanged(device: Device, change: DeviceChange): void {
      changes.push([device.id, change]);
      super.deviceChanged(device, change);
    }
  }
  const eventStream = { scheduleDeviceEvent() {}, publish() {} };
  const history = NO_HISTORY;
  const notifier = new Recorder({ log: silentLog, history, decisionPublisher, homeAssistant, eventStream, emitter, storeDevice: undefined }); // prettier-ignore
  const memory = {
    setOverride: async (id: string) => void storedDevices.push(id),
    setZoneOverride: async (name: string) => void storedZones.push(name),
  };
  const commands = new LampCommands(publisher, createCounters(), silentLog, emitter);
  const failures = new StorageFailureLog(silentLog);
  const lamps = new Lamps({ devices, zones, commands, notifier, ownership: SOLE_OWNERSHIP, memory, failures });
  return {
    ...{ devices, zones, lamps, decisionPublisher, published, changes, storedZones, storedDevices },
    processReading(id, light, { age = 0, sure = true, seq } = {}) {
      const now = Date.now();
      const device = devices.obtain(id)!;
      device.acceptReading(light, seq, now - age);
      lamps.followReading(device, now - age, sure, now);
    },
  };
}

/** Returns the lamp commands among published messages. */
export function commandsIn(
  published: LampBench["published"],
): [id: string, command: { led_on: boolean; seq?: number }][] {
  return published.flatMap(({ topic, text }) =>
    topic.endsWith("/commands")
      ? [[topic.slice(0, -"/commands".length), JSON.parse(text) as { led_on: boolean; seq?: number }] as const]
      : [],
  ) as [string, { led_on: boolean; seq?: number }][];
}
