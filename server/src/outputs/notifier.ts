import type { EventEmitter } from "node:events";
import type { Channel } from "../../../contract/index.js";
import { Throttle } from "../common/throttle.js";
import type { Zone } from "../decisions/zones/zone.js";
import type { Change, Device } from "../devices/devices.js";
import type { History, HistorySwitch } from "../history/history.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";
import { logChange } from "./change-log.js";
import type { DecisionPublisher } from "./decision-publisher.js";
import type { HomeAssistant } from "./homeassistant/homeassistant.js";
import type { ServerEvents } from "./server-events.js";

/** The dashboard's event stream. */
export interface EventStream {
  /** Sends a device that changed or reported. */
  device(device: Device): void;
  publish(name: string, data: unknown): void;
}

export interface NotifierOptions {
  readonly log: Log;
  readonly history: History;
  readonly decisionPublisher: DecisionPublisher;
  readonly homeAssistant: HomeAssistant;
  readonly eventStream: EventStream;
  /** For users of the library. */
  readonly emitter: EventEmitter<ServerEvents>;
  /** Stores a device where other servers find it; undefined if there are no others. */
  readonly storeDevice: ((device: Device) => void) | undefined;
}

/** The shortest time between two events about one zone, in ms. */
const ZONE_INTERVAL = 250;

/** Notifies everybody about changes of devices and zones: apps, other servers, Home Assistant, history, log and dashboard. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #zones: Throttle<Zone>;
  /** False while the server starts: what it restores is not a change. */
  #started = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    const { eventStream, emitter } = options;
    this.#zones = new Throttle(ZONE_INTERVAL, (zone) => {
      const view = zone.view(clock.now());
      eventStream.publish("zone", view);
      emitter.emit("zone", view);
    });
  }

  /** Starts to report changes to people. */
  start(): void {
    this.#started = true;
  }

  /** A device has changed. */
  changed(device: Device, change: Change): void {
    const { decisionPublisher, storeDevice, history, log } = this.#options;
    if (change === "switched") decisionPublisher.switched(device);
    if (change === "mode") decisionPublisher.modeChanged(device);
    if (change === "switched" || change === "status") storeDevice?.(device);
    if (!this.#started) return;
    if (change === "appeared" || change === "status") this.described(device);
    if (change === "switched") history.addSwitch(device, switchOf(device));
    logChange(log, device, change);
    // A new device and a reading's switch are followed by `reported`.
    if (change !== "appeared") this.reported(device);
  }

  /** A reading, or what the history knows, has changed what people see of a device. */
  reported(device: Device): void {
    const { eventStream, emitter } = this.#options;
    eventStream.device(device);
    if (emitter.listenerCount("device") > 0) emitter.emit("device", device.view());
  }

  /** The label, board or firmware of a device may have changed. */
  described({ id, label = id, status }: Device): void {
    const { board, firmware } = status ?? {};
    this.#options.homeAssistant.announce({ id, label, board, firmware, lesson: !status });
  }

  /** A device is no longer known. */
  forgotten(id: string): void {
    const { eventStream, emitter, homeAssistant, log } = this.#options;
    log.info("device", `${id} is forgotten`, { id, change: "forgotten" });
    homeAssistant.forget(id);
    eventStream.publish("forgotten", { id });
    emitter.emit("forgotten", id);
  }

  /** A zone has decided. */
  zoneDecided(zone: Zone, isSwitched: boolean): void {
    const { name } = zone.policy;
    if (isSwitched)
      this.#options.log.info("zone", `Zone ${name} is now ${zone.lamp?.led_on ? "on" : "off"}: ${zone.reason}`, { zone: name }); // prettier-ignore
    this.#zones.add(zone);
  }

  /** A person has set the override of a zone. */
  zoneModeSet({ policy: { name }, override: { mode }, reason }: Zone): void {
    this.#options.log.info("zone", `Zone ${name}: ${reason ?? "on automatic again"}`, { zone: name, mode });
  }

  /** The override of a zone has ended. */
  zoneModeEnded({ policy: { name }, override: { mode } }: Zone): void {
    this.#options.log.info("zone", `Zone ${name} is on automatic again`, { zone: name, mode });
  }

  /** A message was understood and is about to take effect. */
  received(id: string, channel: Channel, message: object): void {
    this.#options.log.received(id, channel, message);
    this.#options.emitter.emit("received", id, channel, message);
  }

  /** Reports what still waits. */
  close(): void {
    this.#zones.flush();
  }
}

/** The history's record of a lamp that was switched just now. */
function switchOf(device: Device): HistorySwitch {
  const { zone, override, status, reason } = device;
  const person = override.mode !== "auto" || (zone !== undefined && zone.override.mode !== "auto");
  return {
    time: clock.now(),
    led_on: device.led_on!,
    by: status?.decided_by === "device" ? "device" : person ? "person" : "server",
    reason: reason ?? "",
  };
}
