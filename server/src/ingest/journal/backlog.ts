import type { Device } from "../../devices/devices.js";
import type { Point } from "../../history/recent.js";

/** What is written at once: its bytes, whose readings it has, and which points. */
export interface Written {
  readonly bytes: Buffer;
  readonly taken: readonly Device[];
  readonly points: readonly Point[];
}

/** Batches that could not be written yet, oldest first. */
export class Backlog {
  #batches: Written[] = [];
  #readings = 0;

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** Readings in all of them. */
  get readings(): number {
    return this.#readings;
  }

  add(batch: Written): void {
    this.#batches.push(batch);
    this.#readings += batch.taken.length;
  }

  /** Takes out every batch that `write` has written. @throws what `write` throws; then that batch and those after it stay */
  drain(write: (batch: Written) => void): void {
    let done = 0;
    try {
      for (; done < this.#batches.length; done++) {
        write(this.#batches[done]);
        this.#readings -= this.#batches[done].taken.length;
      }
    } finally {
      this.#batches = this.#batches.slice(done);
    }
  }
}
