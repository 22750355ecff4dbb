import { zoneId } from "../transport/scope.js";
import type { ZonePolicy } from "../decisions/policy.js";

/** How many parts there are to be shared out: many more than servers, so that each gets about as much. */
export const SLOTS = 256;

/** 32-bit FNV-1a, stirred: ids that differ in the last character must not end up side by side. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** The part to which a text belongs. */
export const slotOf = (text: string): number => hash(text) % SLOTS;

/**
 * Who has which part: for each the member that wins a draw, by rendezvous hashing, so that of a member that comes or goes
 * only its own parts move. Empty when there are no members.
 */
export function shareOut(members: readonly string[]): readonly string[] {
  if (members.length === 0) return [];
  return Array.from({ length: SLOTS }, (_, slot) =>
    members.reduce((best, member) => (hash(`${slot} ${member}`) > hash(`${slot} ${best}`) ? member : best)),
  );
}

/**
 * What is decided together: devices that zones link, and those zones, belong to one part, so that one server decides for
 * all of them. A device of no zone is by itself.
 */
export class Links {
  /** By the ids of devices and of zones, those that are linked: the part, and what is in it. */
  readonly #groups = new Map<string, Group>();

  /** @param prefix what zones' ids begin with */
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

  /** The part to which a device or a zone belongs. */
  slotOf(id: string): number {
    return this.#groups.get(id)?.slot ?? slotOf(id);
  }

  /** Whether everything is decided together that others say, and nothing else. */
  sameAs(others: Links): boolean {
    const written = ({ groups }: Links): string =>
      JSON.stringify(Array.from(groups, ({ key, ids, zones }) => [key, ids.toSorted(), zones.toSorted()]).sort());
    return written(this) === written(others);
  }

  #join(into: Group, from: Group): Group {
    into.ids.push(...from.ids);
    into.zones.push(...from.zones);
    // the same key, whatever the order in the configuration
    if (from.key < into.key) into.key = from.key;
    for (const [id, group] of this.#groups) if (group === from) this.#groups.set(id, into);
    return into;
  }
}

/** Zones that share devices, and all of their devices. */
export interface Group {
  key: string;
  slot: number;
  /** Of its devices. */
  readonly ids: string[];
  /** By name. */
  readonly zones: string[];
}
