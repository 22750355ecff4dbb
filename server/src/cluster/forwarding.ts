import type { Delivery } from "../ingest/delivery.js";
import { clock as ownClock } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";
import { isCount, isPastTime } from "./checks/values.js";
import { isServerName } from "./checks/peer-messages.js";

/** A message that one server forwards to another. */
export interface ForwardedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly delivery: Delivery;
}

/** A batch of forwarded messages. */
export interface ForwardedBatch {
  readonly from: string;
  /** The number of the batch, unique for its sender. */
  readonly number: number;
  /** How many times the messages of this batch have been forwarded. */
  readonly hops: number;
  readonly messages: readonly ForwardedMessage[];
  /** Numbers of batches that the sender has received from the addressee and has handled completely. */
  readonly confirmations: readonly number[];
}

/** The first byte of a batch. Other messages between servers are JSON and never begin with this byte. */
const BATCH_MARK = "+";

/** The separator of fields. Topics and server names never contain this character. */
const FIELD_SEPARATOR = "\t";

/**
 * Encodes a batch: a header line, and for each message one line and the unchanged payload. Payloads as strings in JSON
 * would take 50 % more space and be slower to parse.
 */
export function encodeBatch(
  { from, number, hops, messages, confirmations }: ForwardedBatch,
  clock = PROCESS_CLOCK,
): Buffer {
  const base = messages[0]?.delivery.now ?? 0;
  let text =
    BATCH_MARK +
    [from, number, hops, base && clock.toWall(base), messages.length, confirmations.join()].join(FIELD_SEPARATOR) +
    "\n";
  for (const { topic, payload, delivery } of messages) {
    const { now, live, before } = delivery;
    text += `${topic}${FIELD_SEPARATOR}${now - base}${FIELD_SEPARATOR}${live ? 1 : 0}${FIELD_SEPARATOR}${before === undefined ? "" : clock.toWall(before)}${FIELD_SEPARATOR}${payload.length}\n`;
    text += payload.toString("latin1");
  }
  return Buffer.from(text, "latin1");
}

/** A clock that converts no times, for batches without times and for tests in one process. */
const PROCESS_CLOCK: StorageClock = { now: () => ownClock.now(), toWall: (time) => time, fromWall: (time) => time };

/** Whether a message between servers is a batch. */
export const isBatch = (word: Buffer): boolean => word[0] === BATCH_MARK.charCodeAt(0);

/** Upper limit of the hop count in a valid batch. Servers use fewer hops, so a batch with more hops is damaged. */
const MAX_PLAUSIBLE_HOPS = 10;

/**
 * Decodes a batch. Accepts any bytes and never throws. Returns undefined for invalid or incomplete bytes; the sender
 * then sends the batch again.
 * @param start the prefix of server names
 * @param clock converts the times in the batch
 */
export function decodeBatch(bytes: Buffer, start: string, clock = PROCESS_CLOCK): ForwardedBatch | undefined {
  const now = clock.toWall(clock.now());
  const text = bytes.toString("latin1");
  let at = text.indexOf("\n") + 1;
  const head = text.slice(1, at - 1).split(FIELD_SEPARATOR);
  if (at === 0 || head.length !== 6 || !isServerName(head[0], start)) return undefined;
  const [number, hops, base, count] = head.slice(1, 5).map(parseNumber);
  if (!isCount(number) || !(hops <= MAX_PLAUSIBLE_HOPS) || !isCount(hops) || !isPastTime(base, now)) return undefined;
  const confirmations = head[5] === "" ? [] : head[5].split(",").map(parseNumber);
  if (!confirmations.every(isCount)) return undefined;
  const messages: ForwardedMessage[] = [];
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const fields = text.slice(at, end).split(FIELD_SEPARATOR);
    const length = parseNumber(fields[4]);
    at = end + 1 + length;
    if (end < 0 || fields.length !== 5 || !isCount(length) || at > text.length) return undefined;
    const delivery = decodeDelivery(fields, base, now, clock);
    if (!delivery) return undefined;
    messages.push({ topic: fields[0], payload: bytes.subarray(end + 1, at), delivery });
  }
  if (messages.length !== count) return undefined;
  return { from: head[0], number, hops, messages, confirmations };
}

function decodeDelivery(
  fields: readonly string[],
  base: number,
  now: number,
  clock: StorageClock,
): Delivery | undefined {
  const arrived = base + parseNumber(fields[1]);
  const before = fields[3] === "" ? undefined : parseNumber(fields[3]);
  if (!isPastTime(arrived, now) || (before !== undefined && !isPastTime(before, now))) return undefined;
  return {
    now: clock.fromWall(arrived),
    live: fields[2] === "1",
    before: before === undefined ? undefined : clock.fromWall(before),
  };
}

/** Parses a number. Unlike `Number`, it returns NaN for "". */
const parseNumber = (text: string | undefined): number => (text ? Number(text) : NaN);
