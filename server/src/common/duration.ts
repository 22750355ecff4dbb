/** The length of each unit of time, in ms. */
const UNITS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|min|h|d)$/;

/** Pattern of a duration such as `250 ms` or `forever`, for JSON Schema. */
export const DURATION_PATTERN = /^(\d+(\.\d+)? ?(ms|s|min|h|d)|forever)$/;

/** Parses a duration such as `250 ms`, `1.5 h` or `forever`. Returns whole ms; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  if (text === "forever") return Infinity;
  const [, count, unit] = DURATION.exec(text) ?? [];
  return unit === undefined ? undefined : Math.round(Number(count) * UNITS[unit as Unit]);
}

/** Formats a duration in ms in the largest unit that gives a whole number: 90000 is `90 s`. */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return "forever";
  const unit = (Object.keys(UNITS) as Unit[]).findLast((name) => ms % UNITS[name] === 0) ?? "ms";
  return ms === 0 ? "0 s" : `${ms / UNITS[unit]} ${unit}`;
}

const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** Parses a time of day such as `18:00`. Returns minutes since midnight; undefined for any other text. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** Formats minutes since midnight as a time of day such as `06:05`. */
export function formatTimeOfDay(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
