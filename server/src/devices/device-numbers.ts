/** What is kept of each device as a number, by its place. */
export const LIGHT = 0;
export const SEQ = 1;
export const TAKEN = 2;
export const LAST_SEEN = 3;
export const SINCE = 4;
export const LAMP_SINCE = 5;
export const TOLD = 6;
export const LOGGED = 7;
export const HISTORY_NUMBER = 8;
/** Two bits each for what is true, false, or not known. */
export const FLAGS = 9;
/** The last reading of an earlier run: to be shown, and not to decide by. */
export const OLD_LIGHT = 10;
export const OLD_TIME = 11;
const WIDTH = 12;

/** What is kept of the latest boot of a device that numbers its readings, by its place. */
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
 * The numbers of many devices in one piece of memory, a row each: in the fields of an object each of them would be an object
 * again, three times as large, for the garbage collector to look at.
 */
export class Page {
  readonly numbers: Float64Array;
  #boots: Float64Array | undefined;

  constructor(readonly rows = ROWS) {
    this.numbers = new Float64Array(rows * WIDTH);
  }

  /** Of the latest boots; there when one of the devices numbers its readings. */
  get boots(): Float64Array {
    return (this.#boots ??= new Float64Array(this.rows * BOOT_WIDTH));
  }

  /** Where the row of a device begins, as it is to begin with. */
  begin(row: number): number {
    const at = row * WIDTH;
    this.numbers.fill(0, at, at + WIDTH);
    for (const unknown of [LIGHT, SEQ, SINCE, TOLD, OLD_LIGHT, OLD_TIME]) this.numbers[at + unknown] = NaN;
    return at;
  }

  /** Where the boot's row begins of a device whose row begins at `at`. */
  static bootsAt(at: number): number {
    return (at / WIDTH) * BOOT_WIDTH;
  }

  /** The row that begins at `at`, by itself. */
  copy(at: number): Page {
    const page = new Page(1);
    page.numbers.set(this.numbers.subarray(at, at + WIDTH));
    const boot = Page.bootsAt(at);
    if (this.#boots) page.boots.set(this.#boots.subarray(boot, boot + BOOT_WIDTH));
    return page;
  }
}

/** Rows for devices, by number. */
export class Pages {
  readonly #pages: Page[] = [];
  /** Numbers below `#end` that are nobody's. */
  readonly #free: number[] = [];
  #end = 0;

  /** A number that no other device has. */
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
