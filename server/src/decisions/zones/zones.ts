import type { ZonePolicy } from "../policy.js";
import { Zone, type FindDevice } from "./zone.js";

/** The zones that use a device's light or control its lamp. */
export interface ZoneMembership {
  /** The zones that use the device's light. */
  readonly sensorOf: readonly Zone[];
  /** The zone that controls the device's lamp; undefined if the device's own rule controls it. */
  readonly lampOf: Zone | undefined;
}

/** All zones of the policy, by name and by device. */
export class Zones {
  readonly #find: FindDevice;
  #byName = new Map<string, Zone>();
  #members = new Map<string, { sensorOf: Zone[]; lampOf: Zone | undefined }>();

  constructor(find: FindDevice) {
    this.#find = find;
  }

  /**
   * Replaces the zones. A zone keeps its lamp state and override if its name stays the same. A zone with a new name and
   * the same sensors and lamps counts as renamed, and keeps them too.
   * @returns the zones that no longer exist under their name, each with its new name if it was renamed
   */
  apply(policies: readonly ZonePolicy[]): [before: Zone, renamed: Zone | undefined][] {
    const before = this.#byName;
    const names = new Set(policies.map(({ name }) => name));
    const ended = new Map([...before].filter(([name]) => !names.has(name)).map(([, zone]) => [memberKeyOf(zone.policy), zone])); // prettier-ignore
    const renamed = new Map<Zone, Zone>();
    this.#byName = new Map();
    this.#members = new Map();
    for (const policy of policies) {
      const zone = new Zone(policy, this.#find);
      const known = before.get(policy.name) ?? ended.get(memberKeyOf(policy));
      if (known) zone.copyStateOf(known);
      if (known && known.policy.name !== policy.name) renamed.set(known, zone);
      this.#byName.set(policy.name, zone);
      for (const id of policy.sensors) this.#membershipOf(id).sensorOf.push(zone);
      for (const id of policy.lamps) this.#membershipOf(id).lampOf = zone;
    }
    return Array.from(ended.values(), (zone) => [zone, renamed.get(zone)]);
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

  /** Returns the zones of a device; undefined for most devices, which are in no zone. */
  membershipOf(id: string): ZoneMembership | undefined {
    return this.#members.get(id);
  }

  #membershipOf(id: string): { sensorOf: Zone[]; lampOf: Zone | undefined } {
    let membership = this.#members.get(id);
    if (!membership) this.#members.set(id, (membership = { sensorOf: [], lampOf: undefined }));
    return membership;
  }
}

/** Returns a key that is equal for zones with the same sensors and lamps. */
const memberKeyOf = ({ sensors, lamps }: ZonePolicy): string => JSON.stringify([sensors, lamps]);
