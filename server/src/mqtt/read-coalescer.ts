import type { Duplex } from "node:stream";

/** How long reading pauses on a busy stream, in ms. */
export const READ_PAUSE = 1;

/** A stream counts as busy when it delivers this many bytes within `READ_PAUSE` (1 ms): about ten readings. */
export const BUSY_BYTES = 512;

/** After a chunk of this size, in bytes, reading does not pause: the chunk is large enough. */
export const LARGE_CHUNK_BYTES = 1024;

/**
 * Pauses a busy stream for 1 ms after a small chunk so that the next chunk holds more packets, like interrupt coalescing in
 * a network card.
 *
 * A broker sends packet by packet. Each small chunk costs a wake-up, a read and a write, which together cost more than
 * processing its packets. A quiet stream is never paused.
 */
export class ReadCoalescer {
  readonly #stream: Pick<Duplex, "pause" | "resume">;
  /** Number of bytes read since `#measurementStart`. */
  #bytes = 0;
  /** Start of the current measurement, by `performance.now()`. */
  #measurementStart = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Pick<Duplex, "pause" | "resume">) {
    this.#stream = stream;
  }

  /** Counts a chunk and pauses a busy stream. Call this after each chunk, with the size of the chunk in bytes. */
  countChunk(bytes: number): void {
    const now = performance.now();
    if (now - this.#measurementStart > READ_PAUSE) {
      this.#measurementStart = now;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if (this.#bytes < BUSY_BYTES || bytes >= LARGE_CHUNK_BYTES || this.#timer) return;
    this.#stream.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#stream.resume();
    }, READ_PAUSE);
  }

  /** Stops the timer. Call this when the stream has closed. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
