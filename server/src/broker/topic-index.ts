import { Qlobber, QlobberTrue } from "qlobber";
import type { Topics } from "./topics.js";

/** How wildcards are read: MQTT 3.1.1, 4.7.1. */
const MQTT = { separator: "/", wildcard_one: "+", wildcard_some: "#", match_empty_levels: true } as const;

/** For so many topics it is remembered what matches them: finding it takes many times as long. */
const REMEMBERED = 10_000;

const NOTHING: readonly never[] = [];

const isWildcard = (filter: string): boolean => filter.includes("+") || filter.includes("#");
/** The broker's own: no filter that begins otherwise matches them [MQTT-4.7.2-1]. */
const isOwn = (topic: string): boolean => topic.charCodeAt(0) === 36;

const lastLevel = (topic: string): string => topic.slice(topic.lastIndexOf("/") + 1);

/** A test of topics for one filter with a wildcard; undefined for one without. */
export function matcherOf(filter: string): ((topic: string) => boolean) | undefined {
  if (!isWildcard(filter)) return undefined;
  const one = new QlobberTrue(MQTT);
  one.add(filter);
  return (topic) => one.test(topic);
}

/** What one filter without a wildcard has: one alone, as a rule, for 100,000 boards read a topic each. */
type Exact<T> = T | Set<T>;

/**
 * What belongs to topic filters, to be found by topic. Filters without a wildcard, which are nearly all, are looked up; only
 * the others are searched.
 */
export class TopicIndex<T> {
  readonly #topics: Topics;
  readonly #reason: number;
  /** By the number of the topic. */
  readonly #exact: (Exact<T> | undefined)[] = [];
  /** Filters by their last level: where boards read commands, what is published as telemetry need not be looked up among them. */
  readonly #levels = new Map<string, number>();
  readonly #wild = new Qlobber<T>(MQTT);
  /** Filters with a wildcard, but for the broker's own, which it always has. */
  #wildcards = 0;
  readonly #found = new Map<string, readonly T[]>();

  /** @param reason why these topics are known */
  constructor(topics: Topics, reason: number) {
    this.#topics = topics;
    this.#reason = reason;
  }

  add(filter: string, value: T): void {
    if (isWildcard(filter)) {
      this.#wild.add(filter, value);
      if (!isOwn(filter)) this.#wildcards++;
      this.#found.clear();
      return;
    }
    this.#found.delete(filter);
    const number = this.#topics.hold(filter, this.#reason);
    const known = this.#exact[number];
    if (known === undefined) {
      // a list without gaps is an array to the engine, one with gaps a map
      while (this.#exact.length <= number) this.#exact.push(undefined);
      this.#exact[number] = value;
      this.#count(filter, 1);
    } else if (known instanceof Set) known.add(value);
    else this.#exact[number] = new Set([known, value]);
  }

  /** To be called for what was added, once. */
  remove(filter: string, value: T): void {
    if (isWildcard(filter)) {
      this.#wild.remove(filter, value);
      if (!isOwn(filter)) this.#wildcards--;
      this.#found.clear();
      return;
    }
    this.#found.delete(filter);
    const number = this.#topics.find(filter);
    const known = this.#exact[number];
    if (known === undefined) return;
    if (known instanceof Set) known.delete(value);
    if (known !== value && !(known instanceof Set && known.size === 0)) return;
    this.#exact[number] = undefined;
    this.#count(filter, -1);
    this.#topics.letGo(number, this.#reason);
  }

  /** Whether there may be a filter without a wildcard for topics that end like this. */
  mayHave(level: string): boolean {
    return this.#levels.has(level);
  }

  /**
   * What belongs to the filters that match a topic; as often as such filters have it.
   * @param number of the topic, if that is known; 0 when no filter without a wildcard is for it
   */
  match(topic: string, number?: number): readonly T[] {
    if (this.#wildcards === 0 && !isOwn(topic)) return this.#exactly(topic, number);
    let found = this.#found.get(topic);
    if (!found) {
      found = [...this.#exactly(topic, number), ...this.#wild.match(topic)];
      if (this.#found.size >= REMEMBERED) this.#found.clear();
      this.#found.set(topic, found);
    }
    return found;
  }

  #exactly(topic: string, number = this.mayHave(lastLevel(topic)) ? this.#topics.find(topic) : 0): readonly T[] {
    const known = this.#exact[number];
    if (known === undefined) return NOTHING;
    return known instanceof Set ? [...known] : [known];
  }

  #count(filter: string, more: 1 | -1): void {
    const level = lastLevel(filter);
    const count = (this.#levels.get(level) ?? 0) + more;
    if (count > 0) this.#levels.set(level, count);
    else this.#levels.delete(level);
  }
}
