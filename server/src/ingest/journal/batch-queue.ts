import type { Device } from "../../devices/devices.js";
import type { Point } from "../../history/recent.js";

/** Journal records that are written together: encoded bytes, and the device and plotted point of each reading. */
export interface WritableBatch {
  readonly bytes: Buffer;
  readonly devices: readonly Device[];
  readonly points: readonly Point[];
}

/** A queue of batches that could not be written yet, oldest first. */
export class BatchQueue {
  #batches: WritableBatch[] = [];
  #readings = 0;

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** The number of readings in all batches. */
  get readingCount(): number {
    return this.#readings;
  }

  add(batch: WritableBatch): void {
    this.#batches.push(batch);
    this.#readings += batch.devices.length;
  }

  /** Writes all batches and removes them. If `write` throws, that batch and the following ones stay in the queue. */
  drain(write: (batch: WritableBatch) => void): void {
    let done = 0;
    try {
      for (; done < this.#batches.length; done++) {
        write(this.#batches[done]);
        this.#readings -= this.#batches[done].devices.length;
      }
    } finally {
      this.#batches = this.#batches.slice(done);
    }
  }
}
