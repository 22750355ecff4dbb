/** Formats times of a plot in the user's locale. */

const MINUTE = 60_000;

const second = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** Formats the labels of a time axis. At midnight, the label is the date. @param step time between two labels, in ms */
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

/** Formats a time in ms as date and time with seconds. */
export function dateTime(time: number): string {
  return full.format(time);
}

/** Formats the range between two times, in ms since 1970. */
export function timeRange(from: number, to: number): string {
  const format = new Intl.DateTimeFormat(undefined, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(to - from < 5 * MINUTE && { second: "2-digit" }),
  });
  return format.formatRange(from, to);
}
