/**
 * Simulates the single TCP or TLS socket of a board, with the limits of an ESP32.
 *
 * - Data arrives in chunks of at most 1,024 bytes. Reading pauses until the virtual machine has processed all chunks
 *   (backpressure), so that TCP slows the sender down.
 * - At most 50 writes can be pending. A further write returns -1, and the program's `send` throws.
 * - A failed open raises only an error event. A close by the program raises no event.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type BoardSocket, SocketEvent } from "./machine.js";
import { DelayQueue, type Network } from "./network.js";

/** Largest chunk of received data, in bytes. */
const MAX_CHUNK = 1024;
/** Largest number of pending writes; a further write returns -1. */
const MAX_PENDING_WRITES = 50;
/** The error code for an operation on a closed socket. */
const ERROR_CLOSED = -10;

/** Passes a socket event to the virtual machine; resolves when the machine has processed it. */
export type RaiseEvent = (event: number, data?: Uint8Array) => Promise<void>;

/** The socket of one board. Each `open` closes and replaces the previous connection. */
export class NetworkSocket implements BoardSocket {
  #connection: BoardConnection | undefined;

  constructor(
    private readonly network: Network,
    private readonly raise: RaiseEvent,
  ) {}

  open(host: string, port: number, tls: boolean): number {
    this.#connection?.close();
    const connection = new BoardConnection(this.network, (event, data) => {
      if (connection !== this.#connection) return Promise.resolve();
      if (event === SocketEvent.close || event === SocketEvent.error) this.#connection = undefined;
      return this.raise(event, data);
    });
    this.#connection = connection;
    connection.open(host, port, tls);
    return 0;
  }

  write(data: Uint8Array): number {
    return this.#connection?.write(data) ?? ERROR_CLOSED;
  }

  get opening(): boolean {
    return this.#connection !== undefined && !this.#connection.hasReceived;
  }

  close(): number {
    if (!this.#connection) return ERROR_CLOSED;
    this.#connection.close();
    this.#connection = undefined;
    return 0;
  }
}

/** One connection of the socket, subject to the simulated network. */
class BoardConnection {
  /** True once data from the peer has arrived. */
  hasReceived = false;
  readonly #outgoing: DelayQueue;
  readonly #incoming: DelayQueue;
  #address = "";
  /** The TCP socket. With TLS, `#socket` encrypts the data and sends it through this socket. */
  #tcp: Socket | undefined;
  #socket: Socket | undefined;
  #pendingWrites = 0;
  #closed = false;

  constructor(
    private readonly network: Network,
    private readonly raise: RaiseEvent,
  ) {
    this.#outgoing = new DelayQueue(network);
    this.#incoming = new DelayQueue(network);
    network.watch(this, () => this.#applyNetworkState());
  }

  open(host: string, port: number, tls: boolean): void {
    this.#address = `${tls ? "tls" : "tcp"}://${host}:${port}`;
    if (this.#isCut()) setImmediate(() => this.#endWithEvent(SocketEvent.error, "the network is down"));
    else this.#outgoing.push(() => this.#connect(host, port, tls));
  }

  write(data: Uint8Array): number {
    if (this.#pendingWrites >= MAX_PENDING_WRITES) return -1;
    this.#pendingWrites++;
    this.#outgoing.push(() => void this.#socket?.write(data, () => this.#pendingWrites--));
    return 0;
  }

  /** Sends all pending writes and closes the connection. Raises no further event. */
  close(): void {
    this.#closed = true;
    this.#incoming.close();
    this.#outgoing.push(() => {
      if (this.#socket?.connecting) this.#socket.destroy();
      else this.#socket?.destroySoon();
      this.#closeQueues();
    });
  }

  #connect(host: string, port: number, tls: boolean): void {
    if (this.#closed) return;
    const tcp = connectTcp({ host, port, noDelay: true });
    // SNI (RFC 6066) sends the server's host name but must not contain an IP address
    const socket = tls ? connectTls({ socket: tcp, host, servername: isIP(host) ? "" : host }) : tcp;
    this.#tcp = tcp;
    this.#socket = socket;
    socket.once(tls ? "secureConnect" : "connect", () => this.#incoming.push(() => this.raise(SocketEvent.open)));
    socket.on("data", (data: Buffer) => this.#receive(data));
    socket.on("error", (error) => this.#incoming.push(() => this.#endWithEvent(SocketEvent.error, error.message)));
    socket.on("close", () => this.#incoming.push(() => this.#endWithEvent(SocketEvent.close)));
    if (tls) tcp.on("error", (error) => socket.destroy(error));
  }

  #receive(data: Buffer): void {
    this.hasReceived = true;
    this.#socket?.pause();
    for (let i = 0; i < data.length; i += MAX_CHUNK) {
      const chunk = data.subarray(i, i + MAX_CHUNK);
      this.#incoming.push(() => this.raise(SocketEvent.message, chunk));
    }
    this.#incoming.push(() => void this.#socket?.resume());
  }

  #isCut(): boolean {
    const { cut } = this.network.state;
    return cut === "reset" || cut === "end";
  }

  /** Applies a change of the network state: a cut ends the connection unless the cut is silent. */
  #applyNetworkState(): void {
    if (!this.#isCut()) return;
    if (this.network.state.cut === "reset") {
      this.#tcp?.resetAndDestroy();
      this.#endWithEvent(SocketEvent.error, "read ECONNRESET");
    } else {
      this.#socket?.end();
      this.#endWithEvent(SocketEvent.close);
    }
    this.#closeQueues();
  }

  #endWithEvent(event: number, reason?: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeQueues();
    const text = reason === undefined ? undefined : new TextEncoder().encode(`${this.#address}: ${reason}`);
    void this.raise(event, text);
  }

  #closeQueues(): void {
    this.#outgoing.close();
    this.#incoming.close();
    this.network.unwatch(this);
  }
}
