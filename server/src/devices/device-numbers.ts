/** Column numbers in a device's row of the table. */
export const LIGHT = 0;
export const SEQ = 1;
export const TAKEN = 2;
export const LAST_SEEN = 3;
export const SINCE = 4;
export const LAMP_SINCE = 5;
export const PUBLISHED = 6;
export const LOGGED = 7;
export const HISTORY_NUMBER = 8;
/** All flags of the device, two bits each. */
export const FLAGS = 9;
/** The last reading of an earlier run. People see this reading, but decisions do not use it. */
export const OLD_LIGHT = 10;
export const OLD_TIME = 11;
const WIDTH = 12;

/** Column numbers in the row of a device's latest boot. Only devices with sequence numbers have such a row. */
export const BOOT = 0;
export const FIRST = 1;
export const HIGHEST = 2;
export const HOLES = 3;
export const LATEST = 4;
export const BEFORE = 5;
export const SINCE_WHEN = 6;
export const SURE = 7;
export const BOOT_WIDTH = 8;

const ROWS = 512;

/**
 * A table in one typed array that stores numeric fields of many devices, with one row per device. Object fields would
 * take three times the memory and slow down the garbage collector.
 */
export class Page {
  readonly numbers: Float64Array;
  #boots: Float64Array | undefined;

  constructor(readonly rows = ROWS) {
    this.numbers = new Float64Array(rows * WIDTH);
  }

  /** The table of the latest boots, created for the first device of this page that sends sequence numbers. */
  get boots(): Float64Array {
    return (this.#boots ??= new Float64Array(this.rows * BOOT_WIDTH));
  }

  /** Resets a row and returns the array index at which the row begins. */
  begin(row: number): number {
    const at = row * WIDTH;
    this.numbers.fill(0, at, at + WIDTH);
    for (const unknown of [LIGHT, SEQ, SINCE, PUBLISHED, OLD_LIGHT, OLD_TIME]) this.numbers[at + unknown] = NaN;
    return at;
  }

  /** Converts the array index of a device's row to the array index of its boot's row. */
  static bootsAt(at: number): number {
    return (at / WIDTH) * BOOT_WIDTH;
  }

  /**
   * Returns a new page with a copy of one row.
   * @param at the array index at which the row begins
   */
  copy(at: number): Page {
    const page = new Page(1);
    page.numbers.set(this.numbers.subarray(at, at + WIDTH));
    const boot = Page.bootsAt(at);
    if (this.#boots) page.boots.set(this.#boots.subarray(boot, boot + BOOT_WIDTH));
    return page;
  }
}

/** Assigns each device a number, which selects a page and a row. Reuses the numbers of removed devices. */
export class Pages {
  readonly #pages: Page[] = [];
  /** Numbers below `#end` that no device uses. */
  readonly #free: number[] = [];
  #end = 0;

  /** Returns a number that no other device uses. */
  take(): number {
    const number = this.#free.pop() ?? this.#end++;
    if (number === this.#pages.length * ROWS) this.#pages.push(new Page());
    return number;
  }

  free(number: number): void {
    this.#free.push(number);
  }

  pageOf(number: number): Page {
    return this.#pages[Math.floor(number / ROWS)];
  }

  rowOf(number: number): number {
    return number % ROWS;
  }
}
