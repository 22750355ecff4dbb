/** A TCP proxy that counts. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes of TCP's payload: `up` from the board, `down` to it. */
export interface Bytes {
  readonly up: number;
  readonly down: number;
}

/** Nothing more comes when nothing came for so long, in ms. */
const QUIET = 250;

export class Meter {
  #up = 0;
  #down = 0;
  #last = performance.now();
  #first: { up?: number; down?: number } = {};
  readonly #sockets = new Set<net.Socket>();

  private constructor(
    private readonly server: net.Server,
    private readonly target: number,
  ) {
    server.on("connection", (board: net.Socket) => this.#accept(board));
  }

  /** A proxy on a port of its own, to `target` on 127.0.0.1. */
  static async start(target: number): Promise<Meter> {
    const server = net.createServer();
    const meter = new Meter(server, target);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return meter;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** What was counted since this was last asked, once nothing more comes. */
  async take(): Promise<Bytes> {
    while (performance.now() - this.#last < QUIET) await sleep(QUIET / 5);
    const counted = { up: this.#up, down: this.#down };
    this.#up = this.#down = 0;
    this.#first = {};
    return counted;
  }

  /**
   * The first bytes each way of a connection on which nobody has anything to say: what keeps it alive.
   * @throws Error when there were none within 10 s
   */
  async pulse(): Promise<Bytes> {
    await this.take();
    for (const began = performance.now(); performance.now() - began < 10_000; await sleep(5)) {
      const { up, down } = this.#first;
      if (up !== undefined && down !== undefined) return { up, down };
    }
    throw new Error("nothing kept the connection alive for 10 s");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  #accept(board: net.Socket): void {
    const server = net.connect(this.target, "127.0.0.1");
    const up = (count: number): void => {
      this.#up += count;
      this.#first.up ??= count;
    };
    const down = (count: number): void => {
      this.#down += count;
      this.#first.down ??= count;
    };
    const lanes: [net.Socket, net.Socket, (count: number) => void][] = [
      [board, server, up],
      [server, board, down],
    ];
    for (const [from, to, count] of lanes) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (data) => {
        count(data.length);
        this.#last = performance.now();
        to.write(data);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => this.#sockets.delete(from));
    }
  }
}
