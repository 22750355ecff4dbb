import { DEFAULT_CADENCE, LESSON_RULE, topicOf, type Lamp, type Rule, type Status } from "../../contract/index.js";
import type { Boots } from "./boots.js";
import type { DeviceView } from "./device-view.js";
import { Gaps } from "./gaps.js";
import { AUTO, type Override } from "./override.js";
import { BOARD_SAYS, personSays, ruleSays } from "./reason.js";

export type { DeviceView } from "./device-view.js";
export type { Mode } from "./override.js";

/** What happened to a device. */
export type Change = "appeared" | "online" | "offline" | "switched" | "mode" | "status" | "missing" | "gap";

/** How long a lesson device may be silent and still count as online, in ms. */
export const LESSON_SILENCE = 60_000;

/** The most devices that are kept: the embedded broker takes any id, and ids cost memory. */
export const MAX_DEVICES = 250_000;

/** What a lamp needs to know of its zone. */
export interface LampZone {
  readonly policy: { readonly name: string };
  readonly override: Override;
  readonly reason: string | null;
}

/** All that the server knows of one device. */
export class Device {
  readonly commandTopic: string;
  /** Undefined until it is heard for the first time. */
  online: boolean | undefined;
  /** Since when, in ms since 1970; undefined when that was before the server started. */
  since: number | undefined;
  light: number | undefined;
  /** The `seq` of the newest reading; undefined for a lesson device. */
  seq: number | undefined;
  /** When the newest reading was taken, in ms since 1970. */
  taken = 0;
  /** What was decided last: the rule's previous state. */
  lamp: Lamp | undefined;
  led_on: boolean | undefined;
  /** What its lamp was commanded last; undefined when not since the server started. */
  commanded: boolean | undefined;
  lastSeen = 0;
  override: Override = AUTO;
  label: string | undefined;
  /** The zone that decides for its lamp. */
  zone: LampZone | undefined;
  /** By which its lamp is decided upon. */
  rule: Rule = LESSON_RULE;
  /** The longest silence that is asked of it, in ms. */
  heartbeat = DEFAULT_CADENCE.heartbeat;
  /** What it says of itself; undefined for a lesson device. */
  status: Status | undefined;
  /** Its boots; undefined for a device that does not number its readings. */
  boots: Boots | undefined;
  readonly gaps = new Gaps();
  /** From which segment of the journal on it is needed; 0 when nothing of it is there. */
  logged = 0;

  /** @param number no two devices that are known have the same */
  constructor(
    readonly id: string,
    readonly number = 0,
  ) {
    this.commandTopic = topicOf(id, "commands");
  }

  /** Why the lamp is as it is, in a sentence for people; null when nothing was decided. */
  get reason(): string | null {
    const { override, zone, lamp, light } = this;
    if (this.status?.decided_by === "device") return BOARD_SAYS;
    if (override.mode !== "auto") return personSays(override.mode, "the lamp");
    if (zone) return zone.reason && `zone ${zone.policy.name}: ${zone.reason}`;
    return lamp && light !== undefined ? ruleSays(this.rule, lamp, light) : null;
  }

  view(): DeviceView {
    const { status, override } = this;
    return {
      id: this.id,
      online: this.online === true,
      light: this.light ?? null,
      led_on: this.led_on ?? null,
      decided_by: status?.decided_by ?? "server",
      last_seen: this.lastSeen ? new Date(this.lastSeen).toISOString() : null,
      since: this.since === undefined ? null : new Date(this.since).toISOString(),
      missing: this.gaps.missing,
      dropped: status?.dropped ?? 0,
      mode: override.mode,
      until: override.until === undefined ? null : new Date(override.until).toISOString(),
      reason: this.reason,
      label: this.label ?? this.id,
      zone: this.zone?.policy.name ?? null,
      threshold: this.rule.threshold,
      hysteresis: this.rule.hysteresis,
      heartbeat: this.heartbeat,
      ...(status?.board !== undefined && { board: status.board }),
      ...(status?.firmware !== undefined && { firmware: status.firmware }),
    };
  }
}

/** The devices that the server knows. */
export class Devices {
  readonly #byId = new Map<string, Device>();
  /** Numbers of devices that were forgotten. */
  readonly #free: number[] = [];

  /** `changed` is told of every change, after it; `configure` gives a new device what the configuration has for it. */
  constructor(
    readonly changed: (device: Device, change: Change) => void,
    readonly configure: (device: Device) => void = () => {},
  ) {}

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Device | undefined {
    return this.#byId.get(id);
  }

  /** The device of this id, new or known; undefined when there is no room for another. */
  obtain(id: string): Device | undefined {
    const known = this.#byId.get(id);
    if (known || this.#byId.size >= MAX_DEVICES) return known;
    const device = this.#add(id);
    this.changed(device, "appeared");
    return device;
  }

  /** A device that another server had; nobody is told of it. Undefined when there is no room for another. */
  adopt(id: string): Device | undefined {
    return this.#byId.size >= MAX_DEVICES ? undefined : this.#add(id);
  }

  #add(id: string): Device {
    const device = new Device(id, this.#free.pop() ?? this.#byId.size);
    this.configure(device);
    this.#byId.set(id, device);
    return device;
  }

  /** A message came from the device. */
  heard(device: Device, now: number): void {
    device.lastSeen = now;
    if (!device.status) this.#online(device, true, now);
  }

  /**
   * The device told of itself: from now on that, and not its silence, says whether it is online. What was retained, it
   * told at an earlier time.
   */
  announced(device: Device, status: Status, retained: boolean): void {
    // the will says nothing but that it is gone: what is known of the board stays
    device.status = { ...device.status, ...status };
    if (status.led_on !== undefined) this.lamp(device, status.led_on);
    this.#online(device, status.online, retained ? undefined : Date.now());
    this.changed(device, "status");
  }

  /** The lamp is now like this. */
  lamp(device: Device, led_on: boolean): void {
    if (device.led_on === led_on) return;
    device.led_on = led_on;
    this.changed(device, "switched");
  }

  /** Finds the lesson devices that fell silent, and the readings that will not come any more. */
  sweep(now: number): void {
    for (const device of this.#byId.values()) {
      if (!device.status && device.online && now - device.lastSeen >= LESSON_SILENCE) this.#online(device, false, now);
      if (device.gaps.settle(now)) this.changed(device, "missing");
      if (device.gaps.isDue(now)) this.changed(device, "gap");
    }
  }

  /** Nothing is known of it any more; should it report again, it is a new one. */
  forget(device: Device): void {
    if (this.#byId.get(device.id) !== device) return;
    this.#byId.delete(device.id);
    this.#free.push(device.number);
  }

  [Symbol.iterator](): Iterator<Device> {
    return this.#byId.values();
  }

  /** Every device, sorted by id. */
  list(): DeviceView[] {
    const devices = [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return devices.map((device) => device.view());
  }

  /** `now` is undefined when it became so at an earlier time. */
  #online(device: Device, online: boolean, now: number | undefined): void {
    if (device.online === online) return;
    const first = device.online === undefined;
    device.online = online;
    device.since = now;
    // a device that appears is online: that goes without saying
    if (!first || !online) this.changed(device, online ? "online" : "offline");
  }
}
