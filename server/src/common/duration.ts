/** The length of each unit of time, in ms. */
const UNIT_LENGTHS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_LENGTHS;

const FINITE_DURATION_PATTERN = /^(\d+(?:\.\d+)?) ?(ms|s|min|h|d)$/;

/** Pattern of a duration such as `250 ms` or `forever`, for JSON Schema. */
export const DURATION_PATTERN = /^(\d+(\.\d+)? ?(ms|s|min|h|d)|forever)$/;

/** Parses a duration such as `250 ms`, `1.5 h` or `forever`. Returns whole ms; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  if (text === "forever") return Infinity;
  const [, count, unit] = FINITE_DURATION_PATTERN.exec(text) ?? [];
  return unit === undefined ? undefined : Math.round(Number(count) * UNIT_LENGTHS[unit as Unit]);
}

/** Formats a duration in ms in the largest unit that gives a whole number: 90000 is `90 s`. */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return "forever";
  const unit = (Object.keys(UNIT_LENGTHS) as Unit[]).findLast((name) => ms % UNIT_LENGTHS[name] === 0) ?? "ms";
  return ms === 0 ? "0 s" : `${ms / UNIT_LENGTHS[unit]} ${unit}`;
}

const TIME_OF_DAY_PATTERN = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** Parses a time of day such as `18:00`. Returns minutes since midnight; undefined for any other text. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = TIME_OF_DAY_PATTERN.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** Formats minutes since midnight as a time of day such as `06:05`. */
export function formatTimeOfDay(minutes: number): string {
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}
