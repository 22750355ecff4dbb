/**
 * Validates values of devices and zones in Redis. Each function returns "" for a valid value, or the reason why the
 * value is invalid as part of a sentence. The functions accept any value and never throw.
 */
import { messageProblem, STATUS } from "../../../../contract/index.js";
import { MAX_PENDING_ACTIONS } from "../../outputs/action.js";
import { WINDOW_SIZE } from "../../devices/sequence.js";
import {
  isBoolean,
  isDuration,
  isEndTime,
  isInteger,
  isLight,
  isBoardTime,
  isNullOr,
  isObject,
  isPastTime,
} from "./values.js";

/**
 * Maximum number of readings in a device record. The record contains only recent readings that may be missing from the
 * history.
 */
export const MAX_UNWRITTEN_READINGS = 16;

/** Pattern for the bits of a stored sequence: base64 of exactly one bit for each number in the window. */
const BITS_PATTERN = new RegExp(`^[A-Za-z0-9+/]{${Math.ceil(WINDOW_SIZE / 8 / 3) * 4 - 1}}=$`);

/**
 * Minimum number of sequence numbers that must be left after the stored `seq` of the last action. With fewer, the value
 * counts as damaged.
 */
const MIN_REMAINING_SEQUENCE_NUMBERS = 1_000_000;

/** Checks the stored state of a device, a `DeviceRecord`. A longer record comes from a later version and is valid. */
export function recordProblem(value: unknown, now: number): string {
  if (!Array.isArray(value) || value.length < 9) return "it is not a list of at least 9";
  const [boots, light, seq, taken, led_on, since, lastSeen, status, unwritten] = value as unknown[];
  if (boots !== null && !isStoredBootList(boots, now)) return "its boots are damaged";
  if (!isNullOr(light, isLight)) return "its light is not a level from 0 to 1023";
  if (!isNullOr(seq, isInteger)) return "its seq is not an integer";
  if (!isBoardTime(taken, now)) return "the time of its reading is not a time of the past";
  if (!isNullOr(led_on, isBoolean)) return "its lamp is neither on nor off";
  if (!isPastTime(since, now)) return "the time of its lamp is not a time of the past";
  if (!isPastTime(lastSeen, now)) return "the time when it was heard is not a time of the past";
  const problem = status === null ? "" : isObject(status) ? messageProblem(STATUS, status) : "it is no object";
  if (problem) return `its status is damaged: ${problem}`;
  if (!isUnwrittenList(unwritten, light, taken, now)) return "its latest readings are damaged";
  return "";
}

function isStoredBootList(value: unknown, now: number): boolean {
  if (!Array.isArray(value) || value.length > 2) return false;
  return value.every((boot: unknown) => {
    if (!Array.isArray(boot) || boot.length !== 3) return false;
    const [number, sequence, clock] = boot as unknown[];
    return isInteger(number) && isStoredSequence(sequence) && (clock === null || isStoredClock(clock, now));
  });
}

function isStoredSequence(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [first, highest, gapCount, bits] = value as unknown[];
  if (!isInteger(first) || !isInteger(highest) || !isInteger(gapCount)) return false;
  return (
    first <= highest &&
    gapCount <= highest - first &&
    (bits === "" || (typeof bits === "string" && BITS_PATTERN.test(bits)))
  );
}

function isStoredClock(value: unknown, now: number): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [latest, before, since] = value as unknown[];
  return isBoardTime(latest, now) && isBoardTime(before, now) && isPastTime(since, now);
}

function isUnwrittenList(value: unknown, light: number | null, taken: number, now: number): boolean {
  if (!Array.isArray(value) || value.length > MAX_UNWRITTEN_READINGS) return false;
  return value.every((reading: unknown) => {
    if (reading === 0) return light !== null;
    if (!Array.isArray(reading) || reading.length !== 2) return false;
    const [before, then] = reading as unknown[];
    return Number.isSafeInteger(before) && isBoardTime(taken - (before as number), now) && isLight(then);
  });
}

/** Checks the stored override of a device or a zone, a `StoredOverride`. */
export function overrideProblem(value: unknown, now: number): string {
  if (!isObject(value)) return "it is no object";
  const { mode, until, duration } = value;
  if (mode !== "on" && mode !== "off" && mode !== "auto") return "its mode is not on, off or auto";
  if (until !== undefined && !isEndTime(until, now))
    return "the time at which it ends is not one that can be asked for";
  if (duration !== undefined && !isDuration(duration)) return "its duration is not one that can be asked for";
  return "";
}

/** Checks the stored actions of a device, `StoredActions`. */
export function actionsProblem(value: unknown, now: number): string {
  if (!isObject(value)) return "it is no object";
  const { last, expired, pending, identify } = value;
  if (!isInteger(last) || !isInteger(last + MIN_REMAINING_SEQUENCE_NUMBERS))
    return "its last number is not one of an action";
  if (!isInteger(expired) || expired > last) return "its expired number is not one of an action";
  if (!Array.isArray(pending) || pending.length > MAX_PENDING_ACTIONS)
    return `it has not at most ${MAX_PENDING_ACTIONS} actions`;
  let before = -1;
  for (const action of pending as unknown[]) {
    if (!isObject(action)) return "an action is no object";
    const { seq, until } = action;
    if (!isInteger(seq) || seq <= before || seq > last) return "its actions are not in order";
    if (!isEndTime(until, now)) return "the time at which an action ends is not one that can be asked for";
    before = seq;
  }
  if (
    identify !== undefined &&
    !(Array.isArray(identify) && identify.length <= MAX_PENDING_ACTIONS && identify.every(isInteger))
  )
    return "its requests to blink are damaged";
  return "";
}

/** Checks the stored lamp state of a zone, a `Lamp`. */
export function lampProblem(value: unknown, now: number): string {
  if (!isObject(value)) return "it is no object";
  if (!isBoolean(value.led_on)) return "it is neither on nor off";
  return isPastTime(value.since, now) ? "" : "the time since when it is so is not a time of the past";
}

/**
 * Checks a discovery topic of Home Assistant. The server may delete the retained message of a stored topic, so no other
 * topic may pass.
 */
export function discoveryTopicProblem(topic: string): string {
  return topic.length <= 512 && /^[^#+\0]+\/device\/nightlight_[a-zA-Z0-9_-]+\/config$/.test(topic)
    ? ""
    : "it is no topic on which this program announces devices";
}
