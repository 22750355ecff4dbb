import { groupByChunk } from "./group-by-chunk.js";
import { packReading } from "./packing.js";

/** Readings in columns: the values of one reading have the same index in every array. */
export interface ReadingBatch {
  /** Device of each reading, as its number in the database. */
  readonly devices: Uint32Array;
  /** When each reading was taken, in ms since 1970. */
  readonly times: Float64Array;
  /** Light level of each reading, in units of 0.25. */
  readonly lights: Uint16Array;
}

/** Readings of one chunk that are not in the database table of chunks yet. */
export interface ChunkReadings {
  readonly device: number;
  /** Number of the chunk: the number of ten-minute intervals between 1970 and its start. */
  readonly chunk: number;
  /** Encoded readings (see `packing.ts`) in the order of arrival. */
  readonly readings: Uint32Array;
}

/** Replaces the device number of a removed reading in the column `devices`. No device has this number. */
const REMOVED_DEVICE = 2 ** 32 - 1;

/**
 * Readings in memory that are not in chunks yet. Keeps the columns of the batches, so that adding a batch copies
 * nothing.
 */
export class PendingReadings {
  #batches: ReadingBatch[] = [];
  #count = 0;
  #slots = 0;

  get count(): number {
    return this.#count;
  }

  /** Number of readings in memory, including removed ones, whose memory is freed only when all readings are removed. */
  get slotCount(): number {
    return this.#slots;
  }

  /** Adds a batch without copying it. The caller must not use the arrays of the batch afterward. */
  add(batch: ReadingBatch): void {
    this.#batches.push(batch);
    this.#count += batch.times.length;
    this.#slots += batch.times.length;
  }

  moveInto(other: PendingReadings): void {
    other.#batches = this.#batches;
    other.#count = this.#count;
    other.#slots = this.#slots;
  }

  /** Groups the pending readings of one device, or of all devices, by chunk, in the order of `groupByChunk`. */
  *groups(device?: number): Generator<ChunkReadings> {
    const { devices, times, lights } = device === undefined ? this.#all() : this.#of(device);
    for (const [chunk, indexes] of groupByChunk(devices, times)) {
      const readings = new Uint32Array(indexes.length);
      for (let at = 0; at < indexes.length; at++) readings[at] = packReading(times[indexes[at]], lights[indexes[at]]);
      yield { device: devices[indexes[0]], chunk, readings };
    }
  }

  /** Removes the readings of one device, or of all devices. */
  remove(device?: number): void {
    if (device !== undefined)
      this.#eachOf(device, ({ devices }, at) => {
        devices[at] = REMOVED_DEVICE;
        this.#count--;
      });
    if (device !== undefined && this.#count > 0) return;
    this.#batches = [];
    this.#count = this.#slots = 0;
  }

  #all(): ReadingBatch {
    const all = {
      devices: new Uint32Array(this.#count),
      times: new Float64Array(this.#count),
      lights: new Uint16Array(this.#count),
    };
    let next = 0;
    for (const { devices, times, lights } of this.#batches)
      for (let at = 0; at < devices.length; at++) {
        if (devices[at] === REMOVED_DEVICE) continue;
        all.devices[next] = devices[at];
        all.times[next] = times[at];
        all.lights[next++] = lights[at];
      }
    return all;
  }

  #of(device: number): ReadingBatch {
    const times: number[] = [];
    const lights: number[] = [];
    this.#eachOf(device, (batch, at) => {
      times.push(batch.times[at]);
      lights.push(batch.lights[at]);
    });
    return {
      devices: new Uint32Array(times.length).fill(device),
      times: new Float64Array(times),
      lights: new Uint16Array(lights),
    };
  }

  #eachOf(device: number, use: (batch: ReadingBatch, at: number) => void): void {
    for (const batch of this.#batches) {
      const { devices } = batch;
      for (let at = devices.indexOf(device); at >= 0; at = devices.indexOf(device, at + 1)) use(batch, at);
    }
  }
}
