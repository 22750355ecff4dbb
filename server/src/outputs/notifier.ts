import type { EventEmitter } from "node:events";
import type { Channel } from "../../../contract/index.js";
import { Throttle } from "../common/throttle.js";
import type { Zone } from "../decisions/zones/zone.js";
import { explainLamp, toDeviceView } from "../devices/describe-device.js";
import type { DeviceChange, Device } from "../devices/devices.js";
import type { History, HistorySwitch } from "../history/history.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";
import { logChange } from "./change-log.js";
import type { DecisionPublisher } from "./decision-publisher.js";
import type { HomeAssistant } from "./homeassistant/homeassistant.js";
import type { ServerEvents } from "./server-events.js";
import { createUpdateState } from "./update-state.js";

/** The dashboard's event stream, which receives all changes. */
export interface EventStream {
  /** Schedules an event about a device that changed or sent a reading. */
  scheduleDeviceEvent(device: Device): void;
  publish(name: string, data: unknown): void;
}

export interface NotifierOptions {
  readonly log: Log;
  readonly history: History;
  readonly decisionPublisher: DecisionPublisher;
  readonly homeAssistant: HomeAssistant;
  readonly eventStream: EventStream;
  /** Emits events to programs that use this server as a library. */
  readonly emitter: EventEmitter<ServerEvents>;
  /** Stores a device where other servers find it; undefined for a single server. */
  readonly storeDevice: ((device: Device) => void) | undefined;
}

/** The shortest time between two events about one zone, in ms. */
const MIN_ZONE_EVENT_INTERVAL = 250;

/** Notifies everybody about changes of devices and zones: apps, other servers, Home Assistant, history, log and dashboard. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #zones: Throttle<Zone>;
  /** False while the server starts, because restored state is not a change. */
  #started = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    const { eventStream, emitter } = options;
    this.#zones = new Throttle(MIN_ZONE_EVENT_INTERVAL, (zone) => {
      const view = zone.toView(clock.now());
      eventStream.publish("zone", view);
      emitter.emit("zone", view);
    });
  }

  /** Starts to report changes to Home Assistant, history, log and dashboard. */
  start(): void {
    this.#started = true;
  }

  /** Reports a change of a device to apps, other servers, Home Assistant, history, log, dashboard and library users. */
  deviceChanged(device: Device, change: DeviceChange): void {
    const { decisionPublisher, storeDevice, history, log } = this.#options;
    if (change === "switched" || change === "lamp-known") decisionPublisher.lampSwitched(device);
    if (change === "mode") decisionPublisher.overrideChanged(device);
    if (change === "switched" || change === "status") storeDevice?.(device);
    if (!this.#started) return;
    if (change === "appeared" || change === "status") this.deviceDescribed(device);
    if (change === "switched") history.addSwitch(device, createHistorySwitch(device));
    logChange(log, device, change);
    // The reading or status that added a new device is reported right afterwards.
    if (change !== "appeared") this.deviceReported(device);
  }

  /** Sends the current state of a device to the dashboard and to library users, after a reading or another change. */
  deviceReported(device: Device): void {
    const { eventStream, emitter } = this.#options;
    eventStream.scheduleDeviceEvent(device);
    if (emitter.listenerCount("device") > 0) emitter.emit("device", toDeviceView(device));
  }

  /** Announces a device to Home Assistant, because its label, board or firmware may have changed. */
  deviceDescribed(device: Device): void {
    const { id, label = id, status } = device;
    const { board, firmware } = status ?? {};
    const update = createUpdateState(device);
    this.#options.homeAssistant.announce({ id, label, board, firmware, lesson: !status, ...(update && { update }) });
  }

  /** Reports a change of a device's program update to Home Assistant, the dashboard and library users. */
  updateChanged(device: Device): void {
    if (!this.#started) return;
    this.deviceDescribed(device);
    this.deviceReported(device);
  }

  /** Reports that a device was forgotten, and removes it from Home Assistant. */
  deviceForgotten(id: string): void {
    const { eventStream, emitter, homeAssistant, log } = this.#options;
    log.info("device", `${id} is forgotten`, { id, change: "forgotten" });
    homeAssistant.forget(id);
    eventStream.publish("forgotten", { id });
    emitter.emit("forgotten", id);
  }

  /** Logs a zone's decision if the zone was switched, and schedules an event about the zone. */
  zoneDecided(zone: Zone, isSwitched: boolean): void {
    const { name } = zone.policy;
    if (isSwitched)
      this.#options.log.info("zone", `Zone ${name} is now ${zone.lamp?.led_on ? "on" : "off"}: ${zone.reason}`, { zone: name }); // prettier-ignore
    this.#zones.add(zone);
  }

  /** Logs that a person has set the override of a zone. */
  zoneOverrideSet({ policy: { name }, override: { mode }, reason }: Zone): void {
    this.#options.log.info("zone", `Zone ${name}: ${reason ?? "on automatic again"}`, { zone: name, mode });
  }

  /** Logs that the override of a zone has ended. */
  zoneOverrideEnded({ policy: { name }, override: { mode } }: Zone): void {
    this.#options.log.info("zone", `Zone ${name} is on automatic again`, { zone: name, mode });
  }

  /** Logs a valid message and emits it to library users, before the message takes effect. */
  messageReceived(id: string, channel: Channel, message: object): void {
    this.#options.log.received(id, channel, message);
    this.#options.emitter.emit("received", id, channel, message);
  }

  /** Sends the delayed events about zones at once, because the server stops. */
  close(): void {
    this.#zones.flush();
  }
}

/** Creates the history entry of a lamp that was switched just now. */
function createHistorySwitch(device: Device): HistorySwitch {
  const { zone, override, status } = device;
  const person = override.mode !== "auto" || (zone !== undefined && zone.override.mode !== "auto");
  return {
    time: clock.now(),
    led_on: device.led_on!,
    by: status?.decided_by === "device" || device.hasOtherLampState ? "device" : person ? "person" : "server",
    reason: explainLamp(device) ?? "",
  };
}
