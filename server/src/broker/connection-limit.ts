import type { Duplex } from "node:stream";

/** The most connections that have not sent CONNECT. Beyond them the oldest is closed, which had the most time to send it. */
const MAX_UNIDENTIFIED = 1000;

/**
 * Limits the number of connections. Idle connections cannot keep clients out: they only replace each other, while a client
 * that sends its CONNECT at once is served.
 */
export class ConnectionLimit {
  readonly #max: number;
  readonly #refused: (problem: string) => void;
  /** Connections that have not sent CONNECT, the oldest first. */
  readonly #unidentified = new Set<Duplex>();
  #count = 0;

  /** @param max connections of all clients together */
  constructor(max: number, refused: (problem: string) => void) {
    this.#max = max;
    this.#refused = refused;
  }

  /** Number of open connections. */
  get count(): number {
    return this.#count;
  }

  /** Counts a new connection, or closes it when there are too many. @returns whether the connection is accepted */
  accept(stream: Duplex): boolean {
    if (this.#count >= this.#max) {
      this.#refused(`more than ${this.#max} connections at once`);
      stream.on("error", () => {});
      stream.destroy();
      return false;
    }
    this.#count++;
    this.#unidentified.add(stream);
    stream.once("close", () => {
      this.#count--;
      this.#unidentified.delete(stream);
    });
    if (this.#unidentified.size > MAX_UNIDENTIFIED) {
      const [oldest] = this.#unidentified;
      this.#unidentified.delete(oldest);
      this.#refused(`more than ${MAX_UNIDENTIFIED} connections without a login`);
      oldest.destroy();
    }
    return true;
  }

  /** Call when a connection has sent CONNECT. */
  connectReceived(stream: Duplex): void {
    this.#unidentified.delete(stream);
  }
}
