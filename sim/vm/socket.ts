/**
 * The one TCP or TLS socket of a board, as an ESP32 has it.
 *
 * - Data comes in chunks of at most 1,024 bytes, the next one when the machine has processed the last; until then
 *   nothing is read, so that TCP holds the sender back.
 * - At most 50 writes wait; one more is refused with -1, at which the program's `send` throws.
 * - A failed open raises an error event alone. Closing it oneself raises no event.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type BoardSocket, SocketEvent } from "./machine.js";
import { Lane, type Network } from "./network.js";

const MAX_CHUNK = 1024;
const MAX_WAITING = 50;
const CLOSED = -10;

export type Raise = (event: number, data?: Uint8Array) => Promise<void>;

/** The socket of one board; each `open` replaces the connection before. */
export class NetworkSocket implements BoardSocket {
  #connection: Connection | undefined;

  constructor(
    private readonly network: Network,
    private readonly raise: Raise,
  ) {}

  open(host: string, port: number, tls: boolean): number {
    this.#connection?.close();
    const connection = new Connection(this.network, (event, data) => {
      if (connection !== this.#connection) return Promise.resolve();
      if (event === SocketEvent.close || event === SocketEvent.error) this.#connection = undefined;
      return this.raise(event, data);
    });
    this.#connection = connection;
    connection.open(host, port, tls);
    return 0;
  }

  write(data: Uint8Array): number {
    return this.#connection?.write(data) ?? CLOSED;
  }

  get opening(): boolean {
    return this.#connection !== undefined && !this.#connection.heard;
  }

  close(): number {
    if (!this.#connection) return CLOSED;
    this.#connection.close();
    this.#connection = undefined;
    return 0;
  }
}

class Connection {
  /** Whether anything came from the other side. */
  heard = false;
  readonly #out: Lane;
  readonly #in: Lane;
  #name = "";
  /** TCP itself, also below TLS. */
  #tcp: Socket | undefined;
  #socket: Socket | undefined;
  #waiting = 0;
  #over = false;

  constructor(
    private readonly network: Network,
    private readonly raise: Raise,
  ) {
    this.#out = new Lane(network);
    this.#in = new Lane(network);
    network.watch(this, () => this.#obey());
  }

  open(host: string, port: number, tls: boolean): void {
    this.#name = `${tls ? "tls" : "tcp"}://${host}:${port}`;
    if (this.#isRefused()) setImmediate(() => this.#finish(SocketEvent.error, "the network is down"));
    else this.#out.push(() => this.#connect(host, port, tls));
  }

  write(data: Uint8Array): number {
    if (this.#waiting >= MAX_WAITING) return -1;
    this.#waiting++;
    this.#out.push(() => void this.#socket?.write(data, () => this.#waiting--));
    return 0;
  }

  /** Sends what waits, then says goodbye; nothing is raised any more. */
  close(): void {
    this.#over = true;
    this.#in.close();
    this.#out.push(() => {
      if (this.#socket?.connecting) this.#socket.destroy();
      else this.#socket?.destroySoon();
      this.#release();
    });
  }

  #connect(host: string, port: number, tls: boolean): void {
    if (this.#over) return;
    const tcp = connectTcp({ host, port, noDelay: true });
    // a name is checked against the certificate and tells virtual hosts apart; an address may not be sent [RFC 6066]
    const socket = tls ? connectTls({ socket: tcp, host, servername: isIP(host) ? "" : host }) : tcp;
    this.#tcp = tcp;
    this.#socket = socket;
    socket.once(tls ? "secureConnect" : "connect", () => this.#in.push(() => this.raise(SocketEvent.open)));
    socket.on("data", (data: Buffer) => this.#receive(data));
    socket.on("error", (error) => this.#in.push(() => this.#finish(SocketEvent.error, error.message)));
    socket.on("close", () => this.#in.push(() => this.#finish(SocketEvent.close)));
    if (tls) tcp.on("error", (error) => socket.destroy(error));
  }

  #receive(data: Buffer): void {
    this.heard = true;
    this.#socket?.pause();
    for (let i = 0; i < data.length; i += MAX_CHUNK) {
      const chunk = data.subarray(i, i + MAX_CHUNK);
      this.#in.push(() => this.raise(SocketEvent.message, chunk));
    }
    this.#in.push(() => void this.#socket?.resume());
  }

  #isRefused(): boolean {
    const { cut } = this.network.state;
    return cut === "reset" || cut === "end";
  }

  /** The network changed: a connection does not survive being cut, unless nobody notices. */
  #obey(): void {
    if (!this.#isRefused()) return;
    if (this.network.state.cut === "reset") {
      this.#tcp?.resetAndDestroy();
      this.#finish(SocketEvent.error, "read ECONNRESET");
    } else {
      this.#socket?.end();
      this.#finish(SocketEvent.close);
    }
    this.#release();
  }

  #finish(event: number, reason?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#release();
    const text = reason === undefined ? undefined : new TextEncoder().encode(`${this.#name}: ${reason}`);
    void this.raise(event, text);
  }

  #release(): void {
    this.#out.close();
    this.#in.close();
    this.network.unwatch(this);
  }
}
