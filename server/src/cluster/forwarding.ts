import type { Delivery } from "../ingest/delivery.js";
import { clock as ownClock } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";
import { isCount, isPast } from "./checks/values.js";
import { isServerName } from "./checks/words.js";

/** A message that a server hands to another. */
export interface Handed {
  readonly topic: string;
  readonly payload: Buffer;
  readonly delivery: Delivery;
}

/** What a server hands to another at once. */
export interface Handing {
  readonly from: string;
  /** Names the messages, which are taken together. */
  readonly number: number;
  /** How often they were handed on. */
  readonly hops: number;
  readonly messages: readonly Handed[];
  /** Numbers of what was taken of the other's. */
  readonly taken: readonly number[];
}

/** What no other word of servers begins with: those are JSON. */
const MARK = "+";

/** Between fields: neither a topic nor a server's name has it, as both are printable. */
const GAP = "\t";

/**
 * Bytes as servers hand each other messages: a line that says what it is, then for each message a line and its payload as
 * it came. JSON in JSON would be half as large again, and has to be read character by character.
 */
export function writeHanding({ from, number, hops, messages, taken }: Handing, clock = SAME): Buffer {
  const base = messages[0]?.delivery.now ?? 0;
  let text = MARK + [from, number, hops, base && clock.toWall(base), messages.length, taken.join()].join(GAP) + "\n";
  for (const { topic, payload, delivery } of messages) {
    const { now, live, before } = delivery;
    text += `${topic}${GAP}${now - base}${GAP}${live ? 1 : 0}${GAP}${before === undefined ? "" : clock.toWall(before)}${GAP}${payload.length}\n`;
    text += payload.toString("latin1");
  }
  return Buffer.from(text, "latin1");
}

/** Where servers have the same clock. */
const SAME: StorageClock = { now: () => ownClock.now(), toWall: (time) => time, fromWall: (time) => time };

/** Whether a server's word hands something on. */
export const isHanding = (word: Buffer): boolean => word[0] === MARK.charCodeAt(0);

/** How often a message may be handed on: more often than servers with different configurations ever do. */
const MOST_HOPS = 10;

/**
 * Reads what `writeHanding` wrote, whatever the bytes are; never throws. Undefined when a server cannot have written it,
 * or when it is not whole: then it counts as not come, and comes again.
 * @param start what the names of servers begin with
 * @param clock by which the times in it are
 */
export function readHanding(bytes: Buffer, start: string, clock = SAME): Handing | undefined {
  const now = clock.toWall(clock.now());
  const text = bytes.toString("latin1");
  let at = text.indexOf("\n") + 1;
  const head = text.slice(1, at - 1).split(GAP);
  if (at === 0 || head.length !== 6 || !isServerName(head[0], start)) return undefined;
  const [number, hops, base, count] = head.slice(1, 5).map(numberOf);
  if (!isCount(number) || !(hops <= MOST_HOPS) || !isCount(hops) || !isPast(base, now)) return undefined;
  const taken = head[5] === "" ? [] : head[5].split(",").map(numberOf);
  if (!taken.every(isCount)) return undefined;
  const messages: Handed[] = [];
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const fields = text.slice(at, end).split(GAP);
    const length = numberOf(fields[4]);
    at = end + 1 + length;
    if (end < 0 || fields.length !== 5 || !isCount(length) || at > text.length) return undefined;
    const delivery = deliveryOf(fields, base, now, clock);
    if (!delivery) return undefined;
    messages.push({ topic: fields[0], payload: bytes.subarray(end + 1, at), delivery });
  }
  if (messages.length !== count) return undefined;
  return { from: head[0], number, hops, messages, taken };
}

function deliveryOf(fields: readonly string[], base: number, now: number, clock: StorageClock): Delivery | undefined {
  const arrived = base + numberOf(fields[1]);
  const before = fields[3] === "" ? undefined : numberOf(fields[3]);
  if (!isPast(arrived, now) || (before !== undefined && !isPast(before, now))) return undefined;
  return {
    now: clock.fromWall(arrived),
    live: fields[2] === "1",
    before: before === undefined ? undefined : clock.fromWall(before),
  };
}

/** NaN for all that is not written as a number is; `Number` alone takes "" for 0. */
const numberOf = (text: string | undefined): number => (text ? Number(text) : NaN);
