/**
 * A fault-injecting TCP proxy between a client and the broker:
 *
 * - `cut` closes all connections with RST or FIN; `cutAfter` closes one after a number of bytes, even within a packet;
 * - `refuse` stops listening;
 * - `discardData` discards all data without closing connections, and new connections hang;
 * - `holdData` holds back all data until `heal`, like a network whose losses TCP later retransmits;
 * - `delayData` delays all data and keeps the order; `splitSegments` sends each byte in a separate segment;
 * - `sendGarbage` sends random bytes to the client and closes the connection.
 *
 * Except for `cut`, faults affect open and new connections until `heal`.
 */
import { once } from "node:events";
import net from "node:net";
import { freePort } from "../support/free-port.js";
import { ForwardingQueue } from "./forwarding-queue.js";

/** Direction of data: `up` to the broker, `down` to the client. */
export type Direction = "up" | "down";

interface ProxiedConnection {
  readonly client: net.Socket;
  readonly broker: net.Socket;
  readonly up: ForwardingQueue;
  readonly down: ForwardingQueue;
  /** Whether the proxy discarded bytes of this connection, so that the connection is unusable. */
  hasLostBytes: boolean;
}

export class Proxy {
  /** Number of connections that clients have opened so far. */
  connectionCount = 0;
  /** Time of the last new connection, from `performance.now()`, in ms. */
  lastConnectionAt = 0;
  #server: net.Server | undefined;
  #port = 0;
  #pairs = new Set<ProxiedConnection>();
  #delay: Record<Direction, number> = { up: 0, down: 0 };
  #split = false;
  #stalled = false;
  #vanishing = false;
  #limit: { direction: Direction; bytes: number } | undefined;
  #garbage: Buffer | undefined;

  private constructor(private readonly target: number) {}

  /** Starts a proxy on a free loopback port that forwards to port `target` on 127.0.0.1. */
  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    // not port 0, because the system could give that port to another program between `refuse` and `heal`
    proxy.#port = await freePort();
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Number of open connections. */
  get openConnections(): number {
    return this.#pairs.size;
  }

  /** Closes all connections: `reset` with RST, like a restarted router; `end` with FIN. */
  cut(how: "reset" | "end" = "reset"): void {
    for (const pair of this.#pairs) {
      if (how === "reset") this.#reset(pair);
      else this.#end(pair);
    }
  }

  /** Resets the first connection that forwards data in this direction, after `bytes` more bytes. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#limit = { direction, bytes };
  }

  /** Resets all connections and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && once(server, "close");
    server?.close();
    this.cut();
    await closed;
  }

  /** Discards all data in both directions until `heal`, without closing connections. */
  discardData(): void {
    this.#vanishing = true;
  }

  /** Holds back all data and FIN in both directions until `heal`. */
  holdData(): void {
    this.#stalled = true;
    this.#changed();
  }

  /** Delays future data by these one-way latencies, in ms. */
  delayData(up: number, down: number): void {
    this.#delay = { up, down };
  }

  /** Sends each byte in a separate segment. */
  splitSegments(): void {
    this.#split = true;
    this.#changed();
  }

  /** Sends these bytes to the client instead of the broker's next data, on each connection, and closes the connection. */
  sendGarbage(bytes: Buffer): void {
    this.#garbage = bytes;
    for (const pair of this.#pairs) this.#answerGarbage(pair, bytes);
  }

  /** Ends all faults. Resets connections that lost bytes, as a restarted peer would. */
  async heal(): Promise<void> {
    this.#delay = { up: 0, down: 0 };
    this.#split = false;
    this.#stalled = false;
    this.#vanishing = false;
    this.#limit = undefined;
    this.#garbage = undefined;
    for (const pair of this.#pairs) {
      if (pair.hasLostBytes) this.#reset(pair);
      pair.up.flush();
      pair.down.flush();
    }
    this.#changed();
    if (!this.#server) await this.#listen();
  }

  /** Closes the proxy and all its connections. */
  close(): Promise<void> {
    return this.refuse();
  }

  async #listen(): Promise<void> {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
  }

  #accept(client: net.Socket): void {
    this.connectionCount++;
    this.lastConnectionAt = performance.now();
    const broker = net.connect({ port: this.target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const pair: ProxiedConnection = {
      client,
      broker,
      up: new ForwardingQueue(broker),
      down: new ForwardingQueue(client),
      hasLostBytes: false,
    };
    this.#pairs.add(pair);
    this.#obey(pair);
    this.#carry(pair, "up");
    this.#carry(pair, "down");
  }

  #carry(pair: ProxiedConnection, direction: Direction): void {
    const [from, queue] = direction === "up" ? [pair.client, pair.up] : [pair.broker, pair.down];
    const [to, other] = direction === "up" ? [pair.broker, pair.down] : [pair.client, pair.up];
    from.on("data", (data: Buffer) => this.#forward(pair, direction, data));
    // forwards FIN after all queued data
    from.on("end", () => this.#pass(pair, queue, direction, () => to.end()));
    from.on("error", () => this.#pass(pair, queue, direction, () => this.#reset(pair)));
    from.on("close", () => {
      // forgets the pair when both sockets are closed and both queues are empty
      if (to.destroyed && queue.isEmpty && other.isEmpty) this.#forget(pair);
    });
  }

  #pass(pair: ProxiedConnection, queue: ForwardingQueue, direction: Direction, news: () => void): void {
    if (!this.#pairs.has(pair)) return;
    if (this.#vanishing) pair.hasLostBytes = true;
    else queue.push(news, this.#delay[direction]);
  }

  #forward(pair: ProxiedConnection, direction: Direction, data: Buffer): void {
    if (!this.#pairs.has(pair)) return;
    if (this.#vanishing) {
      pair.hasLostBytes = true;
      return;
    }
    if (this.#garbage) {
      // waits for data from the client, because a broker only sends after a CONNECT
      this.#answerGarbage(pair, this.#garbage);
      return;
    }
    const queue = pair[direction];
    const limit = this.#limit?.direction === direction ? this.#limit : undefined;
    if (limit && data.length >= limit.bytes) {
      this.#limit = undefined;
      queue.send(data.subarray(0, limit.bytes), this.#delay[direction]);
      queue.push(() => this.#reset(pair), this.#delay[direction]);
      return;
    }
    if (limit) limit.bytes -= data.length;
    queue.send(data, this.#delay[direction]);
  }

  #answerGarbage(pair: ProxiedConnection, bytes: Buffer): void {
    pair.client.write(bytes, () => this.#end(pair));
  }

  /** Closes both sides after flushing written data. */
  #end(pair: ProxiedConnection): void {
    pair.client.destroySoon();
    pair.broker.destroySoon();
    this.#forget(pair);
  }

  #reset(pair: ProxiedConnection): void {
    pair.client.resetAndDestroy();
    pair.broker.resetAndDestroy();
    this.#forget(pair);
  }

  #forget(pair: ProxiedConnection): void {
    pair.up.close();
    pair.down.close();
    this.#pairs.delete(pair);
  }

  #changed(): void {
    for (const pair of this.#pairs) this.#obey(pair);
  }

  #obey({ up, down }: ProxiedConnection): void {
    for (const queue of [up, down]) queue.setFaults({ stalled: this.#stalled, split: this.#split });
  }
}
