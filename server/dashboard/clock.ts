/** The server's clock: points carry its time, and a phone's clock may differ from it, and may be set. */

/** When the page was loaded, by the clock of this device. From then on a clock that never jumps counts on. */
const loaded = Date.now() - performance.now();
let skew = 0;

/** Now by the server's clock, in ms since 1970. */
export function now(): number {
  return loaded + performance.now() - skew;
}

/**
 * Sets the clock by the `Date` header of an answer just received, if it has one. It has whole seconds, so a smaller
 * difference counts as none.
 */
export function setClock(header: string | null): void {
  const date = Date.parse(header ?? "");
  if (Number.isNaN(date)) return;
  const difference = loaded + performance.now() - (date + 500);
  skew = Math.abs(difference) > 2000 ? difference : 0;
}

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** When it was, as a person says it: the time of day, and the day too when it is more than 12 hours away. */
export function when(ms: number): string {
  return (Math.abs(now() - ms) < 12 * 3600_000 ? time : day).format(ms);
}

/** How long it is until the next 7 in the morning where the page is looked at, in ms. */
export function untilMorning(): number {
  const at = new Date(now());
  if (at.getHours() >= 7) at.setDate(at.getDate() + 1);
  return at.setHours(7, 0, 0, 0) - now();
}
