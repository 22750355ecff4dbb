/**
 * Validates single values, such as light levels and times. The functions accept any value, never throw, and reject NaN
 * and Infinity.
 */

/** The largest integer in an MQTT message. */
const MAX_INTEGER = 0x7fffffff;

export const DAY = 24 * 60 * 60_000;

/** The longest override that a person can set, in ms. `contract/apps.ts` defines the same limit for the field `for`. */
const MAX_OVERRIDE_DURATION = 31 * DAY;

/** The largest allowed difference between the clocks of servers, in ms. A time further in the future counts as damaged. */
const MAX_CLOCK_DIFFERENCE = DAY;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is an integer in the range of MQTT message fields: 0 to 2^31 - 1. */
export const isInteger = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_INTEGER;

/** Whether a value is a safe integer that is not negative. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether a value is a light level, 0 to 1023. */
export const isLight = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1023;

/** Whether a value is a time in the past, in whole ms since 1970; 0 means never. */
export const isPastTime = (value: unknown, now: number): value is number =>
  isCount(value) && value <= now + MAX_CLOCK_DIFFERENCE;

/**
 * Whether a value is a time computed from a board's clock, in whole ms since 1970. Such a time may be long before 1970.
 */
export const isBoardTime = (value: unknown, now: number): value is number =>
  Number.isSafeInteger(value) && (value as number) <= now + MAX_CLOCK_DIFFERENCE;

/** Whether a value is a plausible end of an override or an action, in ms since 1970. */
export const isEndTime = (value: unknown, now: number): value is number =>
  typeof value === "number" && value >= 0 && value <= now + MAX_OVERRIDE_DURATION + MAX_CLOCK_DIFFERENCE;

/** Whether a value is a plausible duration of an override, in ms. */
export const isDuration = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= MAX_OVERRIDE_DURATION;

export const isNullOr = <T>(value: unknown, is: (value: unknown) => value is T): value is T | null =>
  value === null || is(value);

export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

/**
 * Parses JSON.
 * @returns undefined if the text is invalid or longer than `most` characters
 */
export function parseJson(text: string, most: number): unknown {
  if (text.length > most) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
