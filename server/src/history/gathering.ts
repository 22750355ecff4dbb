import type { HistoryReading, HistorySwitch } from "./history.js";
import { quartersOf } from "./packing.js";
import type { Batch, DeviceSwitch } from "./protocol.js";

/** Where readings and switches gather until they go to the engine: adding one costs next to nothing. */
export class Gathering {
  /** All ids so far; a device's number of this run is its place. */
  readonly ids: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #devices: Uint32Array;
  readonly #times: Float64Array;
  readonly #lights: Uint16Array;
  #switches: DeviceSwitch[] = [];
  #readings = 0;
  /** Switches of this run. */
  #switchCount = 0;

  /** For so many readings and switches. */
  constructor(readonly capacity: number) {
    this.#devices = new Uint32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#lights = new Uint16Array(capacity);
  }

  /** Readings and switches that are here. */
  get size(): number {
    return this.#readings + this.#switches.length;
  }

  get full(): boolean {
    return this.size >= this.capacity;
  }

  /** Only when it is not full. */
  addReading(device: string, { time, light }: HistoryReading): void {
    const at = this.#readings++;
    this.#devices[at] = this.#numberOf(device);
    this.#times[at] = time;
    this.#lights[at] = quartersOf(light);
  }

  /** Only when it is not full. */
  addSwitch(device: string, change: HistorySwitch): void {
    this.#switches.push({ device: this.#numberOf(device), number: this.#switchCount++, ...change });
  }

  /** What gathered, which is then no longer here. */
  take(): Batch {
    const batch = {
      devices: this.#devices.slice(0, this.#readings),
      times: this.#times.slice(0, this.#readings),
      lights: this.#lights.slice(0, this.#readings),
      switches: this.#switches,
    };
    this.#readings = 0;
    this.#switches = [];
    return batch;
  }

  #numberOf(id: string): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.ids.push(id) - 1;
      this.#numbers.set(id, number);
    }
    return number;
  }
}
