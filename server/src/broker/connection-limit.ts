import type { Duplex } from "node:stream";

/** How many connections may be there without a login at once: beyond them the oldest goes, which had the most time. */
const STRANGERS = 1000;

/**
 * Bounds the connections. Whoever has not logged in cannot keep others out: a thousand idle connections push each other
 * out, while a client that sends its CONNECT at once is served.
 */
export class Gate {
  readonly #most: number;
  readonly #refused: (problem: string) => void;
  /** In the order of their coming. */
  readonly #strangers = new Set<Duplex>();
  #count = 0;

  /** @param most connections at once, of all clients */
  constructor(most: number, refused: (problem: string) => void) {
    this.#most = most;
    this.#refused = refused;
  }

  /** How many connections there are. */
  get count(): number {
    return this.#count;
  }

  /** Lets a connection in, or ends it. */
  enter(stream: Duplex): boolean {
    if (this.#count >= this.#most) {
      this.#refused(`more than ${this.#most} connections at once`);
      stream.on("error", () => {});
      stream.destroy();
      return false;
    }
    this.#count++;
    this.#strangers.add(stream);
    stream.once("close", () => {
      this.#count--;
      this.#strangers.delete(stream);
    });
    if (this.#strangers.size > STRANGERS) {
      const [oldest] = this.#strangers;
      this.#strangers.delete(oldest);
      this.#refused(`more than ${STRANGERS} connections without a login`);
      oldest.destroy();
    }
    return true;
  }

  /** This connection has sent its CONNECT: who it is will be known soon. */
  known(stream: Duplex): void {
    this.#strangers.delete(stream);
  }
}
