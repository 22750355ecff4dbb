/** Columns in the row of a device, as offsets from the beginning of the row. */
export const LIGHT_COLUMN = 0;
export const SEQ_COLUMN = 1;
export const MEASURED_AT_COLUMN = 2;
export const LAST_SEEN_COLUMN = 3;
export const ONLINE_CHANGED_COLUMN = 4;
export const LAMP_CHANGED_COLUMN = 5;
export const PUBLISHED_LAMP_COLUMN = 6;
export const OLDEST_SEGMENT_COLUMN = 7;
export const HISTORY_NUMBER_COLUMN = 8;
/** All flags of the device in one number, two bits for each flag. */
export const FLAGS_COLUMN = 9;
/** Light level of the last reading of an earlier run. The dashboard shows it, but decisions do not use it. */
export const OLD_LIGHT_COLUMN = 10;
/** When the reading of `OLD_LIGHT_COLUMN` was taken, in ms since 1970. */
export const OLD_TIME_COLUMN = 11;
const ROW_WIDTH = 12;

/** Columns in the row of a device's latest boot. A device without sequence numbers does not use its row. */
export const BOOT_NUMBER_COLUMN = 0;
export const FIRST_SEQ_COLUMN = 1;
export const HIGHEST_SEQ_COLUMN = 2;
export const GAP_COUNT_COLUMN = 3;
export const CURRENT_MIN_COLUMN = 4;
export const PREVIOUS_MIN_COLUMN = 5;
export const PERIOD_START_COLUMN = 6;
export const CLOCK_CERTAIN_COLUMN = 7;
export const BOOT_WIDTH = 8;

const ROWS_PER_TABLE = 512;

/**
 * A table that stores the numeric fields of many devices in one typed array, with one row per device. Objects with
 * these fields would take three times the memory and slow down the garbage collector.
 */
export class DeviceTable {
  readonly numbers: Float64Array;
  #boots: Float64Array | undefined;

  constructor(readonly rows = ROWS_PER_TABLE) {
    this.numbers = new Float64Array(rows * ROW_WIDTH);
  }

  /**
   * The rows of the latest boots. This array is created for the first device of the table that sends sequence numbers.
   */
  get boots(): Float64Array {
    return (this.#boots ??= new Float64Array(this.rows * BOOT_WIDTH));
  }

  /** Resets a row and returns the array index at which the row begins. */
  resetRow(row: number): number {
    const at = row * ROW_WIDTH;
    this.numbers.fill(0, at, at + ROW_WIDTH);
    for (const unknown of [
      LIGHT_COLUMN,
      SEQ_COLUMN,
      ONLINE_CHANGED_COLUMN,
      PUBLISHED_LAMP_COLUMN,
      OLD_LIGHT_COLUMN,
      OLD_TIME_COLUMN,
    ])
      this.numbers[at + unknown] = NaN;
    return at;
  }

  /** Converts the array index of a device's row to the array index of the row of its latest boot. */
  static bootIndexOf(at: number): number {
    return (at / ROW_WIDTH) * BOOT_WIDTH;
  }

  /** Returns a new table with a copy of one row. @param at the array index at which the row begins */
  copy(at: number): DeviceTable {
    const page = new DeviceTable(1);
    page.numbers.set(this.numbers.subarray(at, at + ROW_WIDTH));
    const boot = DeviceTable.bootIndexOf(at);
    if (this.#boots) page.boots.set(this.#boots.subarray(boot, boot + BOOT_WIDTH));
    return page;
  }
}

/**
 * Assigns a number to each device, and finds its table and row by this number. Reuses the numbers of removed devices.
 */
export class DeviceTables {
  readonly #tables: DeviceTable[] = [];
  /** Numbers of removed devices, which new devices can use again. */
  readonly #free: number[] = [];
  #end = 0;

  /** Returns a number that no other device uses. */
  allocate(): number {
    const number = this.#free.pop() ?? this.#end++;
    if (number === this.#tables.length * ROWS_PER_TABLE) this.#tables.push(new DeviceTable());
    return number;
  }

  free(number: number): void {
    this.#free.push(number);
  }

  tableOf(number: number): DeviceTable {
    return this.#tables[Math.floor(number / ROWS_PER_TABLE)];
  }

  rowOf(number: number): number {
    return number % ROWS_PER_TABLE;
  }
}
