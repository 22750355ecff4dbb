import type { Hours } from "../policy.js";

const MINUTES_PER_DAY = 24 * 60;

/** Converts times to the time of day in one time zone. Reuse an instance, because creating one is slow. */
export class TimeOfDayClock {
  readonly #format: Intl.DateTimeFormat;
  #minute = NaN;
  #answer = 0;

  /** @throws RangeError if the time zone is unknown */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  /** Returns the local time in minutes since midnight, 0 to 1439, including summer time. @param now in ms since 1970 */
  minutesSinceMidnight(now: number): number {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) {
      const [hours, minutes] = this.#format.format(now).split(":");
      this.#answer = (Number(hours) * 60 + Number(minutes)) % MINUTES_PER_DAY;
      this.#minute = minute;
    }
    return this.#answer;
  }
}

/**
 * Returns whether a time of day is from `from` (included) to `to` (excluded). A range with `from` > `to` spans
 * midnight.
 */
export function isWithinHours({ from, to }: Pick<Hours, "from" | "to">, minutes: number): boolean {
  return from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}
