import type { Duplex } from "node:stream";

/** How long a client may read nothing while output waits for it, in ms. Then the broker closes the connection. */
export const DRAIN_TIMEOUT = 15_000;

/** Buffers packets for one client until the write queue flushes them, and detects a client that stops reading. */
export class SendBuffer {
  readonly #stream: Duplex;
  readonly #timedOut: () => void;
  #packets: Buffer[] = [];
  #length = 0;
  #drainTimer: NodeJS.Timeout | undefined;

  /** @param timedOut called when the client has read nothing for `DRAIN_TIMEOUT` */
  constructor(stream: Duplex, timedOut: () => void) {
    this.#stream = stream;
    this.#timedOut = timedOut;
    const stopTimer = (): void => {
      clearTimeout(this.#drainTimer);
      this.#drainTimer = undefined;
    };
    stream.on("drain", stopTimer);
    stream.once("close", stopTimer);
  }

  /** Number of bytes that the socket has not sent. */
  get backlog(): number {
    return this.#stream.writableLength + this.#length;
  }

  /** Adds packets. @returns whether the buffer was empty before */
  add(bytes: Buffer): boolean {
    this.#length += bytes.length;
    return this.#packets.push(bytes) === 1;
  }

  /** Writes the buffered packets to the socket in one call. */
  flush(): void {
    const packets = this.#packets;
    this.#packets = [];
    this.#length = 0;
    const stream = this.#stream;
    if (packets.length === 0 || stream.destroyed || !stream.writable) return;
    if (stream.write(packets.length === 1 ? packets[0] : Buffer.concat(packets)) || this.#drainTimer) return;
    this.#drainTimer = setTimeout(this.#timedOut, DRAIN_TIMEOUT).unref();
  }
}
