/** TCP proxy that simulates network faults. */
import { once } from "node:events";
import net from "node:net";
import { freePort } from "../../support/free-port.js";

type Direction = "up" | "down";

interface ProxiedConnection {
  readonly client: net.Socket;
  readonly broker: net.Socket;
  /** Bytes forwarded: `up` to the broker, `down` to the client. */
  readonly bytes: Record<Direction, number>;
}

export class Proxy {
  /** Number of connections so far. */
  connectionCount = 0;
  #server: net.Server | undefined;
  #port = 0;
  #pairs = new Set<ProxiedConnection>();
  #silent = false;
  #held: (() => void)[] | undefined;
  #limit: { direction: Direction; bytes: number } | undefined;

  private constructor(private readonly target: number) {}

  /** Starts a proxy on a free port that forwards to `target` on 127.0.0.1. */
  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    // not port 0, because the system could give that port to another program between `refuse` and `listen`
    proxy.#port = await freePort();
    await proxy.listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Returns the bytes that the open connections have forwarded in a direction. */
  countForwardedBytes(direction: Direction): number {
    return [...this.#pairs].reduce((sum, pair) => sum + pair.bytes[direction], 0);
  }

  /** Listens again, after `refuse`, on the same port. */
  async listen(): Promise<void> {
    this.#server = net.createServer((client) => this.#accept(client));
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Closes every connection and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && once(server, "close");
    server?.close();
    this.cut();
    await closed;
  }

  /** Resets every connection. */
  cut(): void {
    for (const pair of this.#pairs) this.#cut(pair);
  }

  /** Resets the open or next connection after it has forwarded a number of bytes in a direction. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#limit = { direction, bytes };
  }

  /** Stops forwarding without closing connections, for open and new connections. */
  discardData(): void {
    this.#silent = true;
  }

  /** Ends `discardData` and resets all connections, because the proxy has discarded some of their data. */
  heal(): void {
    this.#silent = false;
    this.cut();
  }

  /** Buffers what the broker sends, until `releaseData`. */
  holdData(): void {
    this.#held = [];
  }

  /** Sends the buffered data, in one write per connection. */
  releaseData(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const pair of this.#pairs) pair.client.cork();
    for (const send of held) send();
    for (const pair of this.#pairs) pair.client.uncork();
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  #accept(client: net.Socket): void {
    this.connectionCount++;
    const broker = net.connect(this.target, "127.0.0.1");
    const pair: ProxiedConnection = { client, broker, bytes: { up: 0, down: 0 } };
    this.#pairs.add(pair);
    const ends: [net.Socket, net.Socket, Direction][] = [
      [client, broker, "up"],
      [broker, client, "down"],
    ];
    for (const [from, to, direction] of ends) {
      from.setNoDelay(true);
      from.on("data", (data) => this.#forward(pair, to, direction, data));
      from.on("error", () => {});
      from.on("close", () => {
        if (this.#silent) return;
        this.#pairs.delete(pair);
        to.end();
      });
    }
    if (this.#limit?.bytes === 0) this.#cut(pair);
  }

  #forward(pair: ProxiedConnection, to: net.Socket, direction: Direction, data: Buffer): void {
    if (this.#silent || !this.#pairs.has(pair)) return;
    if (direction === "down" && this.#held) {
      this.#held.push(() => this.#forward(pair, to, direction, data));
      return;
    }
    const limit = this.#limit?.direction === direction ? this.#limit.bytes : Infinity;
    const rest = limit - pair.bytes[direction];
    const sent = data.subarray(0, Math.min(rest, data.length));
    pair.bytes[direction] += sent.length;
    if (rest > data.length) to.write(sent);
    else {
      this.#limit = undefined;
      // Flushes the bytes before the reset, because real networks may also deliver them.
      this.#pairs.delete(pair);
      to.end(sent, () => this.#cut(pair));
    }
  }

  #cut(pair: ProxiedConnection): void {
    this.#limit = undefined;
    this.#pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.broker.resetAndDestroy();
  }
}
