import { zoneId } from "../transport/scope.js";
import type { ZonePolicy } from "../decisions/policy.js";

/** The number of slots that the servers share: many more than servers, so that all get about the same number. */
export const SLOTS = 256;

/** Hashes a text with 32-bit FNV-1a and a final mix, which spreads ids that differ only in the last character. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Returns the slot of a text. */
export const slotOf = (text: string): number => hash(text) % SLOTS;

/**
 * Returns the owner of each slot, by rendezvous hashing: when a member joins or leaves, only its own slots move. Empty if
 * there are no members.
 */
export function assignSlots(members: readonly string[]): readonly string[] {
  if (members.length === 0) return [];
  return Array.from({ length: SLOTS }, (_, slot) =>
    members.reduce((best, member) => (hash(`${slot} ${member}`) > hash(`${slot} ${best}`) ? member : best)),
  );
}

/**
 * Groups zones that share devices, together with all of their devices. A group belongs to one slot, so that one server
 * decides about all of it. A device without a zone has a slot of its own.
 */
export class ZoneGroups {
  /** The group of each device and zone that belongs to one, by id. */
  readonly #groups = new Map<string, Group>();

  /** @param prefix the topic prefix, with which the ids of zones begin */
  constructor(zones: readonly ZonePolicy[], prefix: string) {
    for (const { name, sensors, lamps } of zones) {
      const id = zoneId(prefix, name);
      let group: Group = { key: id, slot: 0, ids: [], zones: [name] };
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

  get groups(): Set<Group> {
    return new Set(this.#groups.values());
  }

  /** Returns the slot of a device or a zone. */
  slotOf(id: string): number {
    return this.#groups.get(id)?.slot ?? slotOf(id);
  }

  /** Whether other groups are the same. */
  sameAs(others: ZoneGroups): boolean {
    const written = ({ groups }: ZoneGroups): string =>
      JSON.stringify(Array.from(groups, ({ key, ids, zones }) => [key, ids.toSorted(), zones.toSorted()]).sort());
    return written(this) === written(others);
  }

  #join(into: Group, from: Group): Group {
    into.ids.push(...from.ids);
    into.zones.push(...from.zones);
    // The key must not depend on the order of zones in the policy.
    if (from.key < into.key) into.key = from.key;
    for (const [id, group] of this.#groups) if (group === from) this.#groups.set(id, into);
    return into;
  }
}

/** A group of zones that share devices. */
export interface Group {
  key: string;
  slot: number;
  /** The ids of the devices. */
  readonly ids: string[];
  /** The names of the zones. */
  readonly zones: string[];
}
