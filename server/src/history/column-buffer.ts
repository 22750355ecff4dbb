import type { HistoryDevice, HistoryReading, HistorySwitch } from "./history.js";
import { toQuarters } from "./packing.js";
import { SWITCH_CAUSES, type HistoryBatch } from "./protocol.js";

/** A batch, and the device ids to which its device indexes refer. */
export interface BufferedBatch {
  readonly batch: HistoryBatch;
  /** Device ids by device index. Consecutive batches share this array, until the buffer starts a new one. */
  readonly ids: readonly string[];
}

/** Column buffer that collects readings and switches for the next batch, without an object for each entry. */
export class ColumnBuffer {
  /** Device ids by device index. An id can occur twice, for example after the history of a device was deleted. */
  #ids: string[] = [];
  readonly #devices: Uint32Array;
  readonly #times: Float64Array;
  readonly #lights: Uint16Array;
  readonly #boots: Float64Array;
  readonly #seqs: Float64Array;
  /** Whether any buffered reading has `boot` and `seq`. If not, the batch omits these columns. */
  #hasSequenceNumbers = false;
  readonly #switchDevices: Uint32Array;
  readonly #switchTimes: Float64Array;
  readonly #led_on: Uint8Array;
  readonly #by: Uint8Array;
  readonly #reasonIndexes: Uint16Array;
  /** Distinct reason texts of the buffered switches, each with its index. */
  readonly #reasonTexts = new Map<string, number>();
  #readings = 0;
  #switches = 0;
  /** Number of switches in all batches that have left the buffer. */
  #switchesTaken = 0;

  /**
   * @param capacity maximum number of entries
   * @param maxIds maximum length of the array of ids; when it is longer, the buffer starts a new array
   */
  constructor(
    readonly capacity: number,
    readonly maxIds: number,
  ) {
    this.#devices = new Uint32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#lights = new Uint16Array(capacity);
    this.#boots = new Float64Array(capacity);
    this.#seqs = new Float64Array(capacity);
    this.#switchDevices = new Uint32Array(capacity);
    this.#switchTimes = new Float64Array(capacity);
    this.#led_on = new Uint8Array(capacity);
    this.#by = new Uint8Array(capacity);
    this.#reasonIndexes = new Uint16Array(capacity);
  }

  /** Number of buffered readings and switches. */
  get size(): number {
    return this.#readings + this.#switches;
  }

  get isFull(): boolean {
    return this.size >= this.capacity;
  }

  /** Adds a reading. The buffer must not be full. */
  addReading(device: HistoryDevice, { time, light, boot, seq }: HistoryReading): void {
    const at = this.#readings++;
    this.#devices[at] = this.#indexOf(device);
    this.#times[at] = time;
    this.#lights[at] = toQuarters(light);
    this.#boots[at] = boot ?? NaN;
    this.#seqs[at] = seq ?? NaN;
    if (boot !== undefined) this.#hasSequenceNumbers = true;
  }

  /** Adds a switch. The buffer must not be full. */
  addSwitch(device: HistoryDevice, { time, led_on, by, reason }: HistorySwitch): void {
    const at = this.#switches++;
    this.#switchDevices[at] = this.#indexOf(device);
    this.#switchTimes[at] = time;
    this.#led_on[at] = Number(led_on);
    this.#by[at] = SWITCH_CAUSES.indexOf(by);
    let index = this.#reasonTexts.get(reason);
    if (index === undefined) this.#reasonTexts.set(reason, (index = this.#reasonTexts.size));
    this.#reasonIndexes[at] = index;
  }

  /** Removes all entries from the buffer and returns them. */
  takeBatch(): BufferedBatch {
    const ids = this.#ids;
    const readings = this.#readings;
    const switches = this.#switches;
    const batch: HistoryBatch = {
      devices: this.#devices.slice(0, readings),
      times: this.#times.slice(0, readings),
      lights: this.#lights.slice(0, readings),
      ...(this.#hasSequenceNumbers && { boots: this.#boots.slice(0, readings), seqs: this.#seqs.slice(0, readings) }),
      switches: {
        devices: this.#switchDevices.slice(0, switches),
        times: this.#switchTimes.slice(0, switches),
        led_on: this.#led_on.slice(0, switches),
        by: this.#by.slice(0, switches),
        reasonIndexes: this.#reasonIndexes.slice(0, switches),
        reasonTexts: [...this.#reasonTexts.keys()],
        first: this.#switchesTaken,
      },
    };
    this.#readings = this.#switches = 0;
    this.#hasSequenceNumbers = false;
    this.#reasonTexts.clear();
    this.#switchesTaken += switches;
    if (ids.length > this.maxIds) this.#ids = [];
    return { batch, ids };
  }

  /** Returns the device index of a device, and assigns a new one if necessary. `historyNumber` caches the index + 1. */
  #indexOf(device: HistoryDevice): number {
    const { id, historyNumber } = device;
    // Check the id, because the cached index may belong to an earlier array of ids or to another history.
    if (historyNumber > 0 && this.#ids[historyNumber - 1] === id) return historyNumber - 1;
    return (device.historyNumber = this.#ids.push(id)) - 1;
  }
}
