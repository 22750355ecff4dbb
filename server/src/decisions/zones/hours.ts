import type { Hours } from "../policy.js";

const MINUTES_OF_A_DAY = 24 * 60;

/** Tells the time of day somewhere; made once, because that is slow. */
export class Clock {
  readonly #format: Intl.DateTimeFormat;
  #minute = NaN;
  #answer = 0;

  /** @throws RangeError when there is no such time zone. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  /** Minutes since midnight, 0 to 1439, as a clock on the wall there shows them: summer time included. */
  minutes(now: number): number {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) {
      const [hours, minutes] = this.#format.format(now).split(":");
      this.#answer = (Number(hours) * 60 + Number(minutes)) % MINUTES_OF_A_DAY;
      this.#minute = minute;
    }
    return this.#answer;
  }
}

/** Whether a time of day lies in these hours: `from` does, `to` does not; `from` after `to` goes over midnight. */
export function isWithin({ from, to }: Pick<Hours, "from" | "to">, minutes: number): boolean {
  return from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/** Minutes since midnight as a clock shows them: "06:30". */
export function timeOfDay(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
