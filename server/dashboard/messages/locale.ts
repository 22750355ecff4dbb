/** Formats numbers, lists, durations and dates in the page's language. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let locale = "en";
const dateFormats = new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();
const unitFormats = new Map<string, Intl.NumberFormat>();
let numbers = new Intl.NumberFormat(locale);
let collator: Intl.Collator | undefined;

/** Sets the locale of all formats, such as `en-GB`. */
export function setLocale(tag: string): void {
  locale = tag;
  numbers = new Intl.NumberFormat(locale);
  collator = undefined;
  dateFormats.clear();
  unitFormats.clear();
}

/** Formats a number with at most three decimal places. */
export function formatNumber(value: number): string {
  return numbers.format(value);
}

/** Formats a light level with at most one decimal place and without separators, as boards and settings show it. */
export function formatLight(light: number): string {
  return String(Math.round(light * 10) / 10);
}

/** Returns a format for dates. `options` must be a constant, because this object is the format's key in a cache. */
export function getDateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let format = dateFormats.get(options);
  if (!format) dateFormats.set(options, (format = new Intl.DateTimeFormat(locale, options)));
  return format;
}

/** Compares two texts for sorting. Digits in the texts are compared as numbers: `lamp 2` is before `lamp 10`. */
export function compareTexts(a: string, b: string): number {
  collator ??= new Intl.Collator(locale, { numeric: true });
  return collator.compare(a, b);
}

type Unit = "second" | "minute" | "hour" | "day";

/** Formats a value with its unit: `45 sec`, or with `narrow` `45s`. */
export function formatUnit(value: number, unit: Unit, unitDisplay: "short" | "narrow" = "short", digits = 0): string {
  const key = `${unit} ${unitDisplay} ${digits}`;
  let format = unitFormats.get(key);
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  if (!format) {
    format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay, ...fraction });
    unitFormats.set(key, format);
  }
  return format.format(value);
}

/** Formats a duration in ms in its two largest units: `45 sec`, `12 min`, `2 hr 5 min`, `3 days 4 hr`. */
export function formatDuration(ms: number): string {
  if (ms < MINUTE - 500) return formatUnit(Math.round(ms / 1000), "second");
  if (ms < HOUR - MINUTE / 2) return formatUnit(Math.round(ms / MINUTE), "minute");
  const [large, small, unit, part] =
    ms < DAY - MINUTE / 2 ? ([HOUR, MINUTE, "hour", "minute"] as const) : ([DAY, HOUR, "day", "hour"] as const);
  const parts = Math.round(ms / small);
  const rest = parts % (large / small);
  const whole = formatUnit(Math.floor(parts / (large / small)), unit);
  return rest === 0 ? whole : `${whole} ${formatUnit(rest, part)}`;
}

/** Formats a remaining time in ms, rounded up to minutes: `1 min`, `2 hr 5 min`. */
export function formatTimeLeft(ms: number): string {
  return formatDuration(Math.max(1, Math.ceil(ms / MINUTE)) * MINUTE);
}

/** Joins words into a list: `a`, `a and b`, `a, b, and c`. */
export function joinWithAnd(words: readonly string[]): string {
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(words);
}
