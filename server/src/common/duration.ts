/** The units of a time, in ms. */
const UNITS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|min|h|d)$/;

/** How a time is written, `forever` included, for JSON Schema. */
export const DURATION_PATTERN = /^(\d+(\.\d+)? ?(ms|s|min|h|d)|forever)$/;

/** Reads `250 ms`, `1.5 h` or `forever`: in ms, rounded; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  if (text === "forever") return Infinity;
  const [, count, unit] = DURATION.exec(text) ?? [];
  return unit === undefined ? undefined : Math.round(Number(count) * UNITS[unit as Unit]);
}

/** Writes a time in the largest unit of which it is a whole number: 90000 is `90 s`. */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return "forever";
  const unit = (Object.keys(UNITS) as Unit[]).findLast((name) => ms % UNITS[name] === 0) ?? "ms";
  return ms === 0 ? "0 s" : `${ms / UNITS[unit]} ${unit}`;
}

const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** Reads `18:00`: in minutes since midnight; undefined when it is no time of day. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** Writes minutes since midnight as `06:05`. */
export function formatTimeOfDay(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
