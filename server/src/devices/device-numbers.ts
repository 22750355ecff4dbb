/** The columns of a device's row of numbers. */
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
/** The last reading of an earlier run, which people see but decisions do not use. */
export const OLD_LIGHT = 10;
export const OLD_TIME = 11;
const WIDTH = 12;

/** The columns of the latest boot of a device that numbers its readings. */
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
 * A table with the numbers of many devices, one row each, in one typed array. As fields of an object, numbers would take
 * three times the memory and slow down the garbage collector.
 */
export class Page {
  readonly numbers: Float64Array;
  #boots: Float64Array | undefined;

  constructor(readonly rows = ROWS) {
    this.numbers = new Float64Array(rows * WIDTH);
  }

  /** The table of the latest boots, which is created when a device of this page numbers its readings. */
  get boots(): Float64Array {
    return (this.#boots ??= new Float64Array(this.rows * BOOT_WIDTH));
  }

  /** Resets a row and returns the index of its first number. */
  begin(row: number): number {
    const at = row * WIDTH;
    this.numbers.fill(0, at, at + WIDTH);
    for (const unknown of [LIGHT, SEQ, SINCE, PUBLISHED, OLD_LIGHT, OLD_TIME]) this.numbers[at + unknown] = NaN;
    return at;
  }

  /** Converts the index of a device's row to the index of its boot's row. */
  static bootsAt(at: number): number {
    return (at / WIDTH) * BOOT_WIDTH;
  }

  /** Returns a page with a copy of the row that begins at `at`. */
  copy(at: number): Page {
    const page = new Page(1);
    page.numbers.set(this.numbers.subarray(at, at + WIDTH));
    const boot = Page.bootsAt(at);
    if (this.#boots) page.boots.set(this.#boots.subarray(boot, boot + BOOT_WIDTH));
    return page;
  }
}

/** Assigns numbers to devices. A number selects a page and a row. */
export class Pages {
  readonly #pages: Page[] = [];
  /** Unused numbers below `#end`. */
  readonly #free: number[] = [];
  #end = 0;

  /** Returns a number that no other device has. */
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
