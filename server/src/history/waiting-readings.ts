import { runsOf } from "./by-device.js";
import { pack } from "./packing.js";

/** Readings as they came; entries with the same index belong together. */
export interface ReadingBatch {
  /** By their numbers in the database. */
  readonly devices: Uint32Array;
  readonly times: Float64Array;
  /** In quarters. */
  readonly lights: Uint16Array;
}

/** What goes into a chunk. */
export interface ReadingRun {
  readonly device: number;
  readonly chunk: number;
  /** Packed, in the order in which they came. */
  readonly readings: Uint32Array;
}

/** Instead of its device when a reading is no longer here: no device has this number. */
const TAKEN = 2 ** 32 - 1;

/** Readings that wait for their chunks: to take one costs next to nothing, as they stay in the columns in which they came. */
export class WaitingReadings {
  #pieces: ReadingBatch[] = [];
  #count = 0;
  #places = 0;

  get count(): number {
    return this.#count;
  }

  /** How many have a place in memory: those of a device that are taken out leave theirs empty until all are. */
  get places(): number {
    return this.#places;
  }

  /** Keeps the batch: `devices` changes from now on. */
  add(batch: ReadingBatch): void {
    this.#pieces.push(batch);
    this.#count += batch.times.length;
    this.#places += batch.times.length;
  }

  moveInto(other: WaitingReadings): void {
    other.#pieces = this.#pieces;
    other.#count = this.#count;
    other.#places = this.#places;
  }

  /** All, or those of a device, in the order of `runsOf`. */
  *runs(device?: number): Generator<ReadingRun> {
    const { devices, times, lights } = device === undefined ? this.#all() : this.#of(device);
    for (const [chunk, members] of runsOf(devices, times)) {
      const readings = new Uint32Array(members.length);
      for (let at = 0; at < members.length; at++) readings[at] = pack(times[members[at]], lights[members[at]]);
      yield { device: devices[members[0]], chunk, readings };
    }
  }

  /** Takes out all, or those of a device. */
  take(device?: number): void {
    if (device !== undefined)
      this.#eachOf(device, ({ devices }, at) => {
        devices[at] = TAKEN;
        this.#count--;
      });
    if (device !== undefined && this.#count > 0) return;
    this.#pieces = [];
    this.#count = this.#places = 0;
  }

  #all(): ReadingBatch {
    const all = {
      devices: new Uint32Array(this.#count),
      times: new Float64Array(this.#count),
      lights: new Uint16Array(this.#count),
    };
    let next = 0;
    for (const { devices, times, lights } of this.#pieces)
      for (let at = 0; at < devices.length; at++) {
        if (devices[at] === TAKEN) continue;
        all.devices[next] = devices[at];
        all.times[next] = times[at];
        all.lights[next++] = lights[at];
      }
    return all;
  }

  #of(device: number): ReadingBatch {
    const times: number[] = [];
    const lights: number[] = [];
    this.#eachOf(device, (piece, at) => {
      times.push(piece.times[at]);
      lights.push(piece.lights[at]);
    });
    return {
      devices: new Uint32Array(times.length).fill(device),
      times: new Float64Array(times),
      lights: new Uint16Array(lights),
    };
  }

  #eachOf(device: number, use: (piece: ReadingBatch, at: number) => void): void {
    for (const piece of this.#pieces)
      for (let at = piece.devices.indexOf(device); at >= 0; at = piece.devices.indexOf(device, at + 1)) use(piece, at);
  }
}
