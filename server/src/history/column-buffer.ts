import type { HistoryReading, HistorySwitch, Recorded } from "./history.js";
import { quartersOf } from "./packing.js";
import { BY, type Batch } from "./protocol.js";

/** A batch, and what its numbers stand for: the same array as long as they stand for the same. */
export interface Gathered {
  readonly batch: Batch;
  readonly ids: readonly string[];
}

/** Where readings and switches gather until they go to the engine: adding one costs next to nothing. */
export class Gathering {
  /** Ids; a device's number is its place. One that was forgotten, or that another server had meanwhile, is there again. */
  #ids: string[] = [];
  readonly #devices: Uint32Array;
  readonly #times: Float64Array;
  readonly #lights: Uint16Array;
  readonly #boots: Float64Array;
  readonly #seqs: Float64Array;
  /** Whether a reading here has `boot` and `seq`. */
  #numbered = false;
  readonly #switched: Uint32Array;
  readonly #switchTimes: Float64Array;
  readonly #led_on: Uint8Array;
  readonly #by: Uint8Array;
  readonly #reasons: Uint16Array;
  /** Each reason once, with its place among them. */
  readonly #sentences = new Map<string, number>();
  #readings = 0;
  #switches = 0;
  /** Switches of this run that were here. */
  #taken = 0;

  /** For so many readings and switches; when there are more numbers than `most`, they begin anew. */
  constructor(
    readonly capacity: number,
    readonly most: number,
  ) {
    this.#devices = new Uint32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#lights = new Uint16Array(capacity);
    this.#boots = new Float64Array(capacity);
    this.#seqs = new Float64Array(capacity);
    this.#switched = new Uint32Array(capacity);
    this.#switchTimes = new Float64Array(capacity);
    this.#led_on = new Uint8Array(capacity);
    this.#by = new Uint8Array(capacity);
    this.#reasons = new Uint16Array(capacity);
  }

  /** Readings and switches that are here. */
  get size(): number {
    return this.#readings + this.#switches;
  }

  get full(): boolean {
    return this.size >= this.capacity;
  }

  /** Only when it is not full. */
  addReading(device: Recorded, { time, light, boot, seq }: HistoryReading): void {
    const at = this.#readings++;
    this.#devices[at] = this.#numberOf(device);
    this.#times[at] = time;
    this.#lights[at] = quartersOf(light);
    this.#boots[at] = boot ?? NaN;
    this.#seqs[at] = seq ?? NaN;
    if (boot !== undefined) this.#numbered = true;
  }

  /** Only when it is not full. */
  addSwitch(device: Recorded, { time, led_on, by, reason }: HistorySwitch): void {
    const at = this.#switches++;
    this.#switched[at] = this.#numberOf(device);
    this.#switchTimes[at] = time;
    this.#led_on[at] = Number(led_on);
    this.#by[at] = BY.indexOf(by);
    let sentence = this.#sentences.get(reason);
    if (sentence === undefined) this.#sentences.set(reason, (sentence = this.#sentences.size));
    this.#reasons[at] = sentence;
  }

  /** What gathered, which is then no longer here. */
  take(): Gathered {
    const ids = this.#ids;
    const readings = this.#readings;
    const switches = this.#switches;
    const batch: Batch = {
      devices: this.#devices.slice(0, readings),
      times: this.#times.slice(0, readings),
      lights: this.#lights.slice(0, readings),
      ...(this.#numbered && { boots: this.#boots.slice(0, readings), seqs: this.#seqs.slice(0, readings) }),
      switches: {
        devices: this.#switched.slice(0, switches),
        times: this.#switchTimes.slice(0, switches),
        led_on: this.#led_on.slice(0, switches),
        by: this.#by.slice(0, switches),
        reasons: this.#reasons.slice(0, switches),
        sentences: [...this.#sentences.keys()],
        first: this.#taken,
      },
    };
    this.#readings = this.#switches = 0;
    this.#numbered = false;
    this.#sentences.clear();
    this.#taken += switches;
    if (ids.length > this.most) this.#ids = [];
    return { batch, ids };
  }

  #numberOf(device: Recorded): number {
    const { id, recorded } = device;
    // the number may be of before they began anew, or another history's
    if (recorded > 0 && this.#ids[recorded - 1] === id) return recorded - 1;
    return (device.recorded = this.#ids.push(id)) - 1;
  }
}
