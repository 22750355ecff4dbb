/** A TCP proxy that counts bytes and round trips. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes of TCP payload: `up` from the board, `down` to the board. */
export interface ByteCounts {
  readonly up: number;
  readonly down: number;
}

/** Time without traffic after which an exchange counts as finished, in ms. */
const QUIET_TIME = 250;
const QUIET_CHECK_COUNT = 10;

export class CountingProxy {
  /** Number of round trips since the start. Bytes going up after bytes came down begin a new round trip. */
  roundTrips = 0;
  #lastWasDown = true;
  #up = 0;
  #down = 0;
  /** Number of chunks of data that the proxy has received, which shows whether traffic continues. */
  #chunks = 0;
  #firstBytes: { up?: number; down?: number } = {};
  readonly #sockets = new Set<net.Socket>();

  private constructor(
    private readonly server: net.Server,
    private readonly target: number,
    private readonly delay: number,
  ) {
    server.on("connection", (board: net.Socket) => this.#accept(board));
  }

  /**
   * Starts a proxy on a free port that forwards to `target` on 127.0.0.1.
   * @param delay added latency from server to board, in ms
   */
  static async start(target: number, delay = 0): Promise<CountingProxy> {
    const server = net.createServer();
    const proxy = new CountingProxy(server, target, delay);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Waits until the traffic is finished, then returns and resets the counts. */
  async readAndResetCounts(): Promise<ByteCounts> {
    // waits several times for a short time, so that even a busy machine reads pending data in between
    for (let quiet = 0; quiet < QUIET_CHECK_COUNT;) {
      const seen = this.#chunks;
      await sleep(QUIET_TIME / QUIET_CHECK_COUNT);
      quiet = this.#chunks === seen ? quiet + 1 : 0;
    }
    const counted = { up: this.#up, down: this.#down };
    this.#up = this.#down = 0;
    this.#firstBytes = {};
    return counted;
  }

  /**
   * Returns the first bytes in each direction on an idle connection, which are its keep-alive packets.
   * @throws Error when no such packets arrive within 10 s
   */
  async measureKeepAliveBytes(): Promise<ByteCounts> {
    await this.readAndResetCounts();
    for (const began = performance.now(); performance.now() - began < 10_000; await sleep(5)) {
      const { up, down } = this.#firstBytes;
      if (up !== undefined && down !== undefined) return { up, down };
    }
    throw new Error("No keep-alive packets arrived within 10 s.");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  #accept(board: net.Socket): void {
    const server = net.connect(this.target, "127.0.0.1");
    const countBytesToServer = (count: number): void => {
      this.#up += count;
      if (this.#lastWasDown) this.roundTrips++;
      this.#lastWasDown = false;
      this.#firstBytes.up ??= count;
    };
    const countBytesToBoard = (count: number): void => {
      this.#down += count;
      this.#lastWasDown = true;
      this.#firstBytes.down ??= count;
    };
    const directions: [net.Socket, net.Socket, (count: number) => void, number][] = [
      [board, server, countBytesToServer, 0],
      [server, board, countBytesToBoard, this.delay],
    ];
    for (const [from, to, count, delay] of directions) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      const forward = (data: Buffer): void => {
        count(data.length);
        this.#chunks++;
        if (to.writable) to.write(data);
      };
      const runDelayed = (work: () => void): void => void (delay > 0 ? setTimeout(work, delay) : work());
      from.on("data", (data) => runDelayed(() => forward(data)));
      from.on("end", () => runDelayed(() => to.end()));
      from.on("error", () => to.destroy());
      from.on("close", () => this.#sockets.delete(from));
    }
  }
}
