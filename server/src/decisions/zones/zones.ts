import type { Device } from "../../devices/devices.js";
import { AUTO, overrideOf, type Mode, type Override } from "../../devices/override.js";
import type { ZonePolicy } from "../policy.js";
import { Zone, type FindDevice } from "./zone.js";

/** The part that a device plays in zones. */
export interface Membership {
  /** Zones for which its light counts. */
  readonly sensorOf: readonly Zone[];
  /** The zone that switches its lamp; undefined when it decides for itself. */
  readonly lampOf: Zone | undefined;
}

export interface ZonesOptions {
  readonly find: FindDevice;
  /** Whether a zone is decided here, and not by another server; all are unless given. */
  owns?(name: string): boolean;
  /** A zone has something new to show; its lamps are to be switched if it says so. */
  changed(zone: Zone, switched: boolean): void;
  /** A person's override has run out. */
  ended(zone: Zone): void;
}

/** The zones of the configuration. */
export class Zones {
  readonly #options: ZonesOptions;
  #byName = new Map<string, Zone>();
  #members = new Map<string, { sensorOf: Zone[]; lampOf: Zone | undefined }>();

  constructor(options: ZonesOptions) {
    this.#options = options;
  }

  /** From now on there are these; one whose name is known goes on as it is. */
  apply(policies: readonly ZonePolicy[]): void {
    const before = this.#byName;
    this.#byName = new Map();
    this.#members = new Map();
    for (const policy of policies) {
      const zone = new Zone(policy, this.#options.find);
      const known = before.get(policy.name);
      if (known) zone.follow(known);
      this.#byName.set(policy.name, zone);
      for (const id of policy.sensors) this.#part(id).sensorOf.push(zone);
      for (const id of policy.lamps) this.#part(id).lampOf = zone;
    }
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): Zone | undefined {
    return this.#byName.get(name);
  }

  [Symbol.iterator](): Iterator<Zone> {
    return this.#byName.values();
  }

  /** The device's part; undefined for most, which are in no zone. */
  of(id: string): Membership | undefined {
    return this.#members.get(id);
  }

  /** A sensor has told something new. */
  sensed({ id }: Device, now: number): void {
    for (const zone of this.#members.get(id)?.sensorOf ?? []) this.#decide(zone, now);
  }

  /** A person's wish: takes effect at once. @param duration in ms; undefined when it lasts */
  setMode(zone: Zone, mode: Mode, duration: number | undefined, now: number): void {
    this.restore(zone, overrideOf(mode, duration, now), now);
  }

  /** A wish of which was known before. */
  restore(zone: Zone, override: Override, now: number): void {
    zone.override = override;
    this.#decide(zone, now);
  }

  /** A zone is another server's from now on: what is known of it here is of the past. */
  release(zone: Zone): void {
    zone.lamp = undefined;
    zone.override = AUTO;
  }

  /** Time goes on: hours begin and end, sensors fall silent, overrides and the shortest times run out. */
  tick(now: number): void {
    for (const zone of this) {
      if (this.#options.owns?.(zone.policy.name) === false) continue;
      const { mode } = zone.override;
      const before = zone.reason;
      const switched = zone.decide(now);
      const ended = zone.override.mode !== mode;
      if (switched || ended || zone.reason !== before) this.#options.changed(zone, switched);
      if (ended) this.#options.ended(zone);
    }
  }

  #decide(zone: Zone, now: number): void {
    this.#options.changed(zone, zone.decide(now));
  }

  #part(id: string): { sensorOf: Zone[]; lampOf: Zone | undefined } {
    let part = this.#members.get(id);
    if (!part) this.#members.set(id, (part = { sensorOf: [], lampOf: undefined }));
    return part;
  }
}
