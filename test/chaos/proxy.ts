/**
 * A TCP proxy between a client and the broker that fails in the ways in which networks fail, at will:
 *
 * - `cut`: every connection ends, with RST or with FIN; `cutAfter`: after so many bytes more, in the middle of a packet;
 * - `refuse`: nobody listens any more;
 * - `blackHole`: what is sent vanishes, both ways, and nobody is told; attempts made meanwhile hang;
 * - `stall`: nothing passes, and all of it comes when the network heals, as with TCP's own repetitions;
 * - `delay`: everything comes later, in order; `split`: every byte in a segment of its own;
 * - `garbage`: the client reads nonsense, and then the connection is cut.
 *
 * All of it holds for connections that are open and for those made later, until `heal`.
 */
import { once } from "node:events";
import net from "node:net";
import { Lane } from "./lane.js";

/** `up` goes to the broker, `down` to the client. */
export type Direction = "up" | "down";

interface Pair {
  readonly client: net.Socket;
  readonly broker: net.Socket;
  readonly up: Lane;
  readonly down: Lane;
  /** Bytes of it vanished: it cannot go on. */
  holed: boolean;
}

export class Proxy {
  /** Connections that clients made so far. */
  connections = 0;
  /** When the last of them was made, by `performance.now()`. */
  lastConnection = 0;
  #server: net.Server | undefined;
  #port = 0;
  #pairs = new Set<Pair>();
  #delay: Record<Direction, number> = { up: 0, down: 0 };
  #split = false;
  #stalled = false;
  #vanishing = false;
  #limit: { direction: Direction; bytes: number } | undefined;
  #garbage: Buffer | undefined;

  private constructor(private readonly target: number) {}

  /** Starts a proxy on a loopback port of its own, to port `target` on 127.0.0.1. */
  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await proxy.#listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Ends every connection: `reset` with RST, as a router that lost its memory, `end` with FIN. */
  cut(how: "reset" | "end" = "reset"): void {
    for (const pair of this.#pairs) {
      if (how === "reset") this.#reset(pair);
      else this.#end(pair);
    }
  }

  /** Cuts with RST the first connection that has forwarded so many bytes more in a direction, right behind them. */
  cutAfter(direction: Direction, bytes: number): void {
    this.#limit = { direction, bytes };
  }

  /** Cuts every connection and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && once(server, "close");
    server?.close();
    this.cut();
    await closed;
  }

  /** Lets bytes vanish without a word. */
  blackHole(): void {
    this.#vanishing = true;
  }

  /** Holds everything back, bytes and ends. */
  stall(): void {
    this.#stalled = true;
    this.#changed();
  }

  /** Delays what is sent from now on, in ms one way. */
  delay(up: number, down: number): void {
    this.#delay = { up, down };
  }

  /** Sends every byte on its own. */
  split(): void {
    this.#split = true;
    this.#changed();
  }

  /** The broker's next words are replaced by this, on every connection, and then it is cut. */
  garbage(bytes: Buffer): void {
    this.#garbage = bytes;
    for (const pair of this.#pairs) this.#answerGarbage(pair, bytes);
  }

  /** Ends every fault. A connection of which bytes vanished is reset, as by a peer that does not know it any more. */
  async heal(): Promise<void> {
    this.#delay = { up: 0, down: 0 };
    this.#split = false;
    this.#stalled = false;
    this.#vanishing = false;
    this.#limit = undefined;
    this.#garbage = undefined;
    for (const pair of this.#pairs) {
      if (pair.holed) this.#reset(pair);
      pair.up.hurry();
      pair.down.hurry();
    }
    this.#changed();
    if (!this.#server) await this.#listen();
  }

  /** Ends it all. */
  close(): Promise<void> {
    return this.refuse();
  }

  async #listen(): Promise<void> {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as net.AddressInfo).port;
  }

  #accept(client: net.Socket): void {
    this.connections++;
    this.lastConnection = performance.now();
    const broker = net.connect({ port: this.target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const pair: Pair = { client, broker, up: new Lane(broker), down: new Lane(client), holed: false };
    this.#pairs.add(pair);
    this.#obey(pair);
    this.#carry(pair, "up");
    this.#carry(pair, "down");
  }

  #carry(pair: Pair, direction: Direction): void {
    const [from, lane] = direction === "up" ? [pair.client, pair.up] : [pair.broker, pair.down];
    const [to, other] = direction === "up" ? [pair.broker, pair.down] : [pair.client, pair.up];
    from.on("data", (data: Buffer) => this.#forward(pair, direction, data));
    // the other side learns of an end behind what was sent before
    from.on("end", () => this.#pass(pair, lane, direction, () => to.end()));
    from.on("error", () => this.#pass(pair, lane, direction, () => this.#reset(pair)));
    from.on("close", () => {
      // both ways are closed, and nothing waits
      if (to.destroyed && lane.idle && other.idle) this.#forget(pair);
    });
  }

  #pass(pair: Pair, lane: Lane, direction: Direction, news: () => void): void {
    if (!this.#pairs.has(pair)) return;
    if (this.#vanishing) pair.holed = true;
    else lane.push(news, this.#delay[direction]);
  }

  #forward(pair: Pair, direction: Direction, data: Buffer): void {
    if (!this.#pairs.has(pair)) return;
    if (this.#vanishing) {
      pair.holed = true;
      return;
    }
    if (this.#garbage) {
      // to a client that has said something: as a broker answers
      this.#answerGarbage(pair, this.#garbage);
      return;
    }
    const lane = pair[direction];
    const limit = this.#limit?.direction === direction ? this.#limit : undefined;
    if (limit && data.length >= limit.bytes) {
      this.#limit = undefined;
      lane.send(data.subarray(0, limit.bytes), this.#delay[direction]);
      lane.push(() => this.#reset(pair), this.#delay[direction]);
      return;
    }
    if (limit) limit.bytes -= data.length;
    lane.send(data, this.#delay[direction]);
  }

  #answerGarbage(pair: Pair, bytes: Buffer): void {
    pair.client.write(bytes, () => this.#end(pair));
  }

  /** Closes both sides once what was written is out. */
  #end(pair: Pair): void {
    pair.client.destroySoon();
    pair.broker.destroySoon();
    this.#forget(pair);
  }

  #reset(pair: Pair): void {
    pair.client.resetAndDestroy();
    pair.broker.resetAndDestroy();
    this.#forget(pair);
  }

  #forget(pair: Pair): void {
    pair.up.close();
    pair.down.close();
    this.#pairs.delete(pair);
  }

  #changed(): void {
    for (const pair of this.#pairs) this.#obey(pair);
  }

  #obey({ up, down }: Pair): void {
    for (const lane of [up, down]) lane.set({ stalled: this.#stalled, split: this.#split });
  }
}
