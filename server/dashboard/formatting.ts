/** Formats counts, durations and lists for display. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats a count with its noun: `1 board`, `2 boards`. */
export function count(n: number, one: string, many = one + "s"): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Formats a duration in ms in its two largest units: `45 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE - 500) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR - MINUTE / 2) return `${Math.round(ms / MINUTE)} min`;
  const [large, small, unit, part] =
    ms < DAY - MINUTE / 2 ? ([HOUR, MINUTE, "h", "min"] as const) : ([DAY, HOUR, "d", "h"] as const);
  const parts = Math.round(ms / small);
  const rest = parts % (large / small);
  const whole = Math.floor(parts / (large / small));
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${part}`;
}

/** Formats a remaining time in ms, rounded up to minutes: `1 min`, `2 h 5 min`. */
export function timeLeft(ms: number): string {
  return duration(Math.max(1, Math.ceil(ms / MINUTE)) * MINUTE);
}

/** Joins words into an English list: `a`, `a and b`, `a, b and c`. */
export function joinWithAnd(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
