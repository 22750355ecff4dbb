/** How the time axis is written: as people write times where they live. */

const MINUTE = 60_000;

const second = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** Labels of these times, in ms, that are `step` apart: midnight is the day that begins. */
export function axisLabels(times: readonly number[], step: number): string[] {
  return times.map((time) => {
    const date = new Date(time);
    if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0) return day.format(date);
    return (step < MINUTE ? second : minute).format(date);
  });
}

const full = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** A time in ms, day and second. */
export function exactly(time: number): string {
  return full.format(time);
}

/** From when to when, in ms. */
export function stretch(from: number, to: number): string {
  const format = new Intl.DateTimeFormat(undefined, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(to - from < 5 * MINUTE && { second: "2-digit" }),
  });
  return format.formatRange(from, to);
}
