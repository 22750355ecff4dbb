/** One MQTT connection for a range of devices. Packets written in the same event loop turn are sent together. */
import { once } from "node:events";
import net from "node:net";
import { type Command, connect, DISCONNECT, idOf, LARGEST, readCommand, subscribe } from "./packets.js";

/** Topic filters per SUBSCRIBE. */
const FILTERS = 100;
/** Maximum length of an incoming packet, in bytes. */
const LONGEST = 4096;

export interface ConnectionOptions {
  readonly port: number;
  readonly name: string;
  /** The connection's devices: `from` inclusive, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  /** Whether this is the only connection, so that one wildcard subscription is enough. */
  readonly alone: boolean;
  readonly qos: 0 | 1;
  /** Size of the read buffer, in bytes. */
  readonly chunk: number;
}

export interface ConnectionHandlers {
  /** Called for each answer, always with the same object. */
  command(command: Command, connection: Connection): void;
  failed(problem: string): void;
}

export class Connection {
  readonly from: number;
  readonly to: number;
  /** The next device to send a reading, in round-robin order. */
  next: number;
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #socket: net.Socket;
  readonly #connected: Promise<unknown>;
  readonly #command: Command = { device: -1, ledOn: undefined, seq: -1 };
  /** An incomplete packet from the last chunk, with space for the next chunk. */
  readonly #joined: Buffer;
  #carried = 0;
  #out = Buffer.allocUnsafe(1 << 14);
  #used = 0;
  #id = 0;
  readonly #open = new Uint8Array(65536);
  #unacknowledged = 0;
  #control: (() => void) | undefined;
  #closing = false;
  /** Number of retained messages received, which do not count as answers. */
  retained = 0;

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.from = this.next = options.from;
    this.to = options.to;
    this.#joined = Buffer.allocUnsafe(LONGEST + options.chunk);
    const buffer = Buffer.allocUnsafe(options.chunk);
    const callback = (count: number): boolean => {
      this.#read(buffer, count);
      return true;
    };
    this.#socket = net.connect({ port: options.port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    this.#connected = once(this.#socket, "connect");
    this.#connected.catch(() => {});
    this.#socket.on("error", (error) => this.#fail(error.message));
    this.#socket.on("close", () => this.#fail("closed by the broker"));
  }

  /** Connects and subscribes. Never resolves when the broker refuses; `failed` reports the reason. */
  async open(): Promise<void> {
    const { name, alone, qos, from, to } = this.#options;
    await this.#connected;
    await this.#ask(connect(name));
    const filters = alone
      ? ["nightlight/+/commands"]
      : Array.from({ length: to - from }, (_, n) => `${idOf(from + n)}/commands`);
    for (let at = 0; at < filters.length; at += FILTERS)
      await this.#ask(subscribe(1 + at / FILTERS, filters.slice(at, at + FILTERS), qos));
  }

  #ask(packet: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#control = resolve;
      this.#socket.write(packet);
    });
  }

  /** Returns an unused packet id for QoS 1. */
  packetId(): number {
    do this.#id = (this.#id % 65535) + 1;
    while (this.#open[this.#id]);
    this.#open[this.#id] = 1;
    this.#unacknowledged++;
    return this.#id;
  }

  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /** Appends a packet to the send buffer. `write` receives the buffer and an offset, and returns the packet's end. */
  put(write: (to: Buffer, at: number) => number): void {
    if (this.#used + LARGEST > this.#out.length) this.flush();
    this.#used = write(this.#out, this.#used);
  }

  flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.#out.subarray(0, this.#used));
    // the socket still refers to this buffer until the kernel accepts the data
    if (this.#socket.writableLength > 0) this.#out = Buffer.allocUnsafe(this.#out.length);
    this.#used = 0;
  }

  close(): void {
    this.#closing = true;
    this.#socket.end(DISCONNECT);
    this.#socket.destroySoon();
  }

  #fail(problem: string): void {
    if (!this.#closing) this.#handlers.failed(`The connection ${this.#options.name} failed: ${problem}`);
  }

  #read(chunk: Buffer, count: number): void {
    let bytes = chunk;
    let end = count;
    if (this.#carried > 0) {
      chunk.copy(this.#joined, this.#carried, 0, count);
      bytes = this.#joined;
      end = this.#carried + count;
    }
    const at = this.#packets(bytes, end);
    this.#carried = end - at;
    if (this.#carried > LONGEST) this.#fail("a packet is too long");
    else if (this.#carried > 0) bytes.copy(this.#joined, 0, at, end);
    this.flush();
  }

  /** Handles all complete packets. @returns the offset of the first incomplete one */
  #packets(bytes: Buffer, end: number): number {
    let at = 0;
    for (;;) {
      // the fixed header [2.2]
      let body = at + 1;
      let length = 0;
      let shift = 0;
      do {
        if (body >= end) return at;
        length |= (bytes[body] & 127) << shift;
        shift += 7;
      } while (bytes[body++] & 128);
      if (body + length > end) return at;
      this.#packet(bytes, at, body, body + length);
      at = body + length;
    }
  }

  #packet(bytes: Buffer, at: number, body: number, end: number): void {
    const first = bytes[at];
    switch (first & 0xf0) {
      case 0x30: {
        const qos = (first >> 1) & 3;
        const id = readCommand(bytes, body, end, qos, this.#command);
        if (qos === 1) this.#acknowledge(bytes[id], bytes[id + 1]);
        if (first & 1) this.retained++;
        else this.#handlers.command(this.#command, this);
        return;
      }
      case 0x40: {
        const id = (bytes[body] << 8) | bytes[body + 1];
        this.#unacknowledged -= this.#open[id];
        this.#open[id] = 0;
        return;
      }
      case 0x20:
        if (bytes[body + 1] !== 0) return this.#fail(`refused with return code ${bytes[body + 1]}`);
        return this.#control?.();
      case 0x90:
        for (let n = body + 2; n < end; n++) if (bytes[n] === 0x80) return this.#fail("a subscription was refused");
        return this.#control?.();
    }
  }

  #acknowledge(high: number, low: number): void {
    if (this.#used + LARGEST > this.#out.length) this.flush();
    const out = this.#out;
    out[this.#used++] = 0x40;
    out[this.#used++] = 2;
    out[this.#used++] = high;
    out[this.#used++] = low;
  }
}
