/**
 * Checks of single values, from which the other checks of this folder are made. Each takes any value whatever, and never
 * throws. Numbers are compared so that NaN and Infinity fail.
 */

/** The largest integer in a message of the contract. */
const MAX_INTEGER = 0x7fffffff;

export const DAY = 24 * 60 * 60_000;

/** The longest override that a person can ask for, in ms; `for` in `contract/apps.ts`. */
const LONGEST_OVERRIDE = 31 * DAY;

/** How far the clocks of two servers may differ, in ms. A time further in the future than this is damaged. */
const CLOCK_DIFFERENCE = DAY;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An integer of the contract: 0 to 2^31 - 1. */
export const isInteger = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_INTEGER;

/** A count that has no other limit: 0 to 2^53 - 1. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A light level: 0 to 1023. */
export const isLight = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1023;

/** When something happened, in whole ms since 1970; 0 when it never did. */
export const isPast = (value: unknown, now: number): value is number =>
  isCount(value) && value <= now + CLOCK_DIFFERENCE;

/** A time that goes by a board's own counter, in whole ms since 1970: a board may put it long before 1970. */
export const isMoment = (value: unknown, now: number): value is number =>
  Number.isSafeInteger(value) && (value as number) <= now + CLOCK_DIFFERENCE;

/** When an override or an action ends, in ms since 1970. */
export const isEnd = (value: unknown, now: number): value is number =>
  typeof value === "number" && value >= 0 && value <= now + LONGEST_OVERRIDE + CLOCK_DIFFERENCE;

/** How long an override lasts, in ms. */
export const isDuration = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= LONGEST_OVERRIDE;

export const isNullOr = <T>(value: unknown, is: (value: unknown) => value is T): value is T | null =>
  value === null || is(value);

export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

/** Parses JSON of any kind; undefined when it is none, or is longer than `most` characters. */
export function parse(text: string, most: number): unknown {
  if (text.length > most) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
