import { Qlobber } from "qlobber";
import { hasWildcard } from "./topics.js";

/** Options that make the trie library qlobber follow the wildcard rules of MQTT 3.1.1, section 4.7.1. */
const MQTT_WILDCARDS = { separator: "/", wildcard_one: "+", wildcard_some: "#", match_empty_levels: true } as const;

const NO_VALUES: readonly never[] = [];

/**
 * Finds the values of all topic filters that match a topic. A filter without a wildcard, the usual case, takes one map
 * lookup; the others are in a trie (qlobber).
 */
export class FilterIndex<T> {
  readonly #exact = new Map<string, readonly T[]>();
  readonly #wildcards = new Qlobber<T>(MQTT_WILDCARDS);
  /** Number of wildcard filters; at 0, `findValues` skips the trie. aedes' own filters, which begin with $, are not counted. */
  #wildcardCount = 0;

  add(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      this.#wildcards.add(filter, value);
      if (!filter.startsWith("$")) this.#wildcardCount++;
    } else this.#exact.set(filter, [...(this.#exact.get(filter) ?? NO_VALUES), value]);
  }

  /** Removes a value that was added with the same filter. */
  remove(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      this.#wildcards.remove(filter, value);
      if (!filter.startsWith("$")) this.#wildcardCount--;
      return;
    }
    const left = this.#exact.get(filter)?.filter((one) => one !== value) ?? NO_VALUES;
    if (left.length > 0) this.#exact.set(filter, left);
    else this.#exact.delete(filter);
  }

  /** Returns the values of all filters that match a topic. */
  findValues(topic: string): readonly T[] {
    const exact = this.#exact.get(topic) ?? NO_VALUES;
    if (this.#wildcardCount === 0 && !topic.startsWith("$")) return exact;
    const others = this.#wildcards.match(topic);
    return others.length > 0 ? [...exact, ...others] : exact;
  }

  /** Returns whether any filter matches a topic. */
  hasMatch(topic: string): boolean {
    return this.findValues(topic).length > 0;
  }
}
