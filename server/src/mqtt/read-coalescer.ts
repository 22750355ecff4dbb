import type { Duplex } from "node:stream";

/** How long a busy stream rests, in ms. */
export const REST = 1;

/** A stream is busy that brings so many bytes in that time: some ten readings. */
export const BUSY = 512;

/** The size of a piece, in bytes, with which a look was worth it: the next one is taken at once. */
export const LARGE = 1024;

/**
 * Lets a busy stream rest after a small piece that was read, so that the next one is larger. A broker sends packet by
 * packet: taken as they come, each costs a wake-up, a read and a write of its own, which is more than all that is done for
 * it otherwise. A stream that is not busy is read at once.
 */
export class Pace {
  readonly #stream: Pick<Duplex, "pause" | "resume">;
  /** What was read since when, by `performance.now()`. */
  #bytes = 0;
  #since = 0;
  #resting: NodeJS.Timeout | undefined;

  constructor(stream: Pick<Duplex, "pause" | "resume">) {
    this.#stream = stream;
  }

  /** A piece of so many bytes was read. */
  read(bytes: number): void {
    const now = performance.now();
    if (now - this.#since > REST) {
      this.#since = now;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if (this.#bytes < BUSY || bytes >= LARGE || this.#resting) return;
    this.#stream.pause();
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#stream.resume();
    }, REST);
  }

  /** The stream is closed. */
  close(): void {
    clearTimeout(this.#resting);
  }
}
