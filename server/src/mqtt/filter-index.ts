import { Qlobber } from "qlobber";
import { hasWildcard } from "./topics.js";

/** How wildcards are read: MQTT 3.1.1, 4.7.1. */
const MQTT = { separator: "/", wildcard_one: "+", wildcard_some: "#", match_empty_levels: true } as const;

const NOTHING: readonly never[] = [];

/** Values by topic filter. Filters without a wildcard, which nearly all are, take one look into a map. */
export class FilterIndex<T> {
  readonly #exact = new Map<string, readonly T[]>();
  readonly #wildcards = new Qlobber<T>(MQTT);
  /** Filters with a wildcard, without those for topics that begin with $: aedes itself always has some. */
  #wildcardCount = 0;

  add(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      this.#wildcards.add(filter, value);
      if (!filter.startsWith("$")) this.#wildcardCount++;
    } else this.#exact.set(filter, [...(this.#exact.get(filter) ?? NOTHING), value]);
  }

  /** Removes a value that was added for this filter. */
  remove(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      this.#wildcards.remove(filter, value);
      if (!filter.startsWith("$")) this.#wildcardCount--;
      return;
    }
    const left = this.#exact.get(filter)?.filter((one) => one !== value) ?? NOTHING;
    if (left.length > 0) this.#exact.set(filter, left);
    else this.#exact.delete(filter);
  }

  /** The values of all filters that match a topic. */
  match(topic: string): readonly T[] {
    const exact = this.#exact.get(topic) ?? NOTHING;
    if (this.#wildcardCount === 0 && !topic.startsWith("$")) return exact;
    const others = this.#wildcards.match(topic);
    return others.length > 0 ? [...exact, ...others] : exact;
  }

  /** Whether a filter matches a topic. */
  hasMatch(topic: string): boolean {
    return this.match(topic).length > 0;
  }
}
