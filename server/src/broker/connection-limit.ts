import type { Duplex } from "node:stream";

/** Maximum number of connections that have not sent CONNECT. Above this limit, the broker closes the oldest of them. */
const MAX_UNIDENTIFIED_CONNECTIONS = 1000;

/**
 * Limits the number of connections. When too many connections send no CONNECT, new ones replace the oldest ones. So
 * idle connections cannot lock out clients that send CONNECT at once.
 */
export class ConnectionLimit {
  readonly #max: number;
  readonly #refused: (problem: string) => void;
  /** Connections that have not sent CONNECT yet, the oldest first. */
  readonly #unidentified = new Set<Duplex>();
  #count = 0;

  /**
   * @param max maximum number of connections of all clients together
   * @param refused called with the exceeded limit, for the log, when a connection is closed
   */
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
    if (this.#unidentified.size > MAX_UNIDENTIFIED_CONNECTIONS) {
      const [oldest] = this.#unidentified;
      this.#unidentified.delete(oldest);
      this.#refused(`more than ${MAX_UNIDENTIFIED_CONNECTIONS} connections without a login`);
      oldest.destroy();
    }
    return true;
  }

  /** Records that a connection has sent CONNECT. */
  recordConnect(stream: Duplex): void {
    this.#unidentified.delete(stream);
  }
}
