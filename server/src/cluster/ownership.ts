import { zoneIdOf } from "../transport/scope.js";
import type { ZonePolicy } from "../decisions/policy.js";

/**
 * The number of slots that the servers divide among themselves. It is much larger than the number of servers, so that
 * every server owns about the same number of slots.
 */
export const SLOT_COUNT = 256;

/** Hashes a text with 32-bit FNV-1a. A final mix spreads ids that differ only in the last character. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Returns the slot number of a device id or another text. */
export const slotOf = (text: string): number => hashText(text) % SLOT_COUNT;

/**
 * Returns the owner of each slot, computed by rendezvous hashing. When a member joins or leaves, only the slots of this
 * member move. The result is empty if there are no members.
 */
export function assignSlots(members: readonly string[]): readonly string[] {
  if (members.length === 0) return [];
  return Array.from({ length: SLOT_COUNT }, (_, slot) =>
    members.reduce((best, member) => (hashText(`${slot} ${member}`) > hashText(`${slot} ${best}`) ? member : best)),
  );
}

/**
 * Groups of zones that share devices, together with all devices of these zones. Each group has one slot, so that one
 * server decides for the whole group. A device that belongs to no zone has the slot of its own id.
 */
export class ZoneGroups {
  /** The group of each zone and of each device in a zone, by id. Other devices are missing. */
  readonly #groups = new Map<string, ZoneGroup>();

  /** @param prefix the topic prefix at the beginning of every zone id */
  constructor(zones: readonly ZonePolicy[], prefix: string) {
    for (const { name, sensors, lamps } of zones) {
      const id = zoneIdOf(prefix, name);
      let group: ZoneGroup = { key: id, slot: 0, ids: [], zones: [name] };
      this.#groups.set(id, group);
      for (const member of new Set([...sensors, ...lamps])) {
        const other = this.#groups.get(member);
        if (other && other !== group) group = this.#join(other, group);
        else if (!other) {
          group.ids.push(member);
          this.#groups.set(member, group);
        }
      }
    }
    for (const group of this.groups) group.slot = slotOf(group.key);
  }

  get groups(): Set<ZoneGroup> {
    return new Set(this.#groups.values());
  }

  /** Returns the slot of a device or a zone, which is the slot of its group if it has one. */
  slotOf(id: string): number {
    return this.#groups.get(id)?.slot ?? slotOf(id);
  }

  /** Returns whether the groups equal those of another instance. */
  isEqualTo(others: ZoneGroups): boolean {
    const serialize = ({ groups }: ZoneGroups): string =>
      JSON.stringify(Array.from(groups, ({ key, ids, zones }) => [key, ids.toSorted(), zones.toSorted()]).sort());
    return serialize(this) === serialize(others);
  }

  #join(into: ZoneGroup, from: ZoneGroup): ZoneGroup {
    into.ids.push(...from.ids);
    into.zones.push(...from.zones);
    // Use the smallest key, so that the slot of a group does not depend on the order of the zones in the policy.
    if (from.key < into.key) into.key = from.key;
    for (const [id, group] of this.#groups) if (group === from) this.#groups.set(id, into);
    return into;
  }
}

/** A group of zones that share devices. */
export interface ZoneGroup {
  key: string;
  slot: number;
  /** The ids of the devices. */
  readonly ids: string[];
  /** The names of the zones. */
  readonly zones: string[];
}
