import type { Arrival } from "../arrival.js";
import type { StorageClock } from "../time/storage-clock.js";

/** A message that a server hands to another. */
export interface Handed {
  readonly topic: string;
  readonly payload: Buffer;
  readonly arrival: Arrival;
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
export function writeHanding({ from, number, hops, messages, taken }: Handing, clock: Times = SAME): Buffer {
  const base = messages.length > 0 ? messages[0].arrival.now : 0;
  let text = MARK + [from, number, hops, clock.toWall(base), messages.length, taken.join()].join(GAP) + "\n";
  for (const { topic, payload, arrival } of messages) {
    const { now, live, before } = arrival;
    text += `${topic}${GAP}${now - base}${GAP}${live ? 1 : 0}${GAP}${before === undefined ? "" : clock.toWall(before)}${GAP}${payload.length}\n`;
    text += payload.toString("latin1");
  }
  return Buffer.from(text, "latin1");
}

/** The clock that servers share: times in a word are by it. */
type Times = Pick<StorageClock, "toWall" | "fromWall">;

/** Where servers have the same clock. */
const SAME: Times = { toWall: (time) => time, fromWall: (time) => time };

/** Whether a server's word hands something on. */
export const isHanding = (word: Buffer): boolean => word[0] === MARK.charCodeAt(0);

/** Reads what `writeHanding` wrote; undefined when it is not whole, which is as good as not come: it comes again. */
export function readHanding(bytes: Buffer, clock: Times = SAME): Handing | undefined {
  const text = bytes.toString("latin1");
  let at = text.indexOf("\n") + 1;
  const head = text.slice(1, at - 1).split(GAP);
  const [number, hops, base, count] = head.slice(1, 5).map(Number);
  const messages: Handed[] = [];
  while (at > 0 && at < text.length) {
    const end = text.indexOf("\n", at);
    const [topic, after, live, before, length] = text.slice(at, end).split(GAP);
    at = end + 1 + Number(length);
    if (end < 0 || !(at <= text.length)) return undefined;
    const arrival = {
      now: clock.fromWall(base + Number(after)),
      live: live === "1",
      before: before ? clock.fromWall(Number(before)) : undefined,
    };
    messages.push({ topic, payload: bytes.subarray(end + 1, at), arrival });
  }
  if (at === 0 || messages.length !== count) return undefined;
  return { from: head[0], number, hops, messages, taken: head[5] ? head[5].split(",").map(Number) : [] };
}
