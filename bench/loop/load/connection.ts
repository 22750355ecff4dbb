/** One MQTT connection for a range of devices. Packets written in the same event loop turn are sent together. */
import { once } from "node:events";
import net from "node:net";
import {
  type DecodedCommand,
  encodeConnect,
  DISCONNECT_PACKET,
  deviceIdOf,
  MAX_READING_SIZE,
  decodeCommand,
  encodeSubscribe,
} from "./packets.js";

/** Maximum number of topic filters in one SUBSCRIBE packet. */
const MAX_FILTERS_PER_SUBSCRIBE = 100;
/** Maximum length of an incoming packet, in bytes. */
const MAX_PACKET_SIZE = 4096;

export interface LoadConnectionOptions {
  readonly port: number;
  readonly name: string;
  /** The connection's devices: `from` inclusive, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  /** Further devices whose answers the connection receives. */
  readonly extraDevices: readonly number[];
  /** Whether this is the only connection, so that one wildcard subscription is enough. */
  readonly isOnly: boolean;
  readonly qos: 0 | 1;
  /** Size of the read buffer, in bytes. */
  readonly readBufferSize: number;
}

export interface LoadConnectionHandlers {
  /** Called for each answer. All calls reuse one `command` object, so the handler must not store the object. */
  onCommand(command: DecodedCommand, connection: LoadConnection): void;
  onFailure(problem: string): void;
}

export class LoadConnection {
  readonly from: number;
  readonly to: number;
  /** The next device to send a reading, in round-robin order. */
  next: number;
  readonly #options: LoadConnectionOptions;
  readonly #handlers: LoadConnectionHandlers;
  readonly #socket: net.Socket;
  readonly #connected: Promise<unknown>;
  readonly #command: DecodedCommand = { device: -1, ledOn: undefined, seq: -1 };
  /** An incomplete packet from the last chunk, with space for the next chunk. */
  readonly #partialPacket: Buffer;
  #partialLength = 0;
  #sendBuffer = Buffer.allocUnsafe(1 << 14);
  #sendBufferUsed = 0;
  #packetId = 0;
  readonly #packetIdsInUse = new Uint8Array(65536);
  #unacknowledged = 0;
  #resolveAck: (() => void) | undefined;
  #closing = false;
  /** Number of retained messages received, which do not count as answers. */
  retained = 0;

  constructor(options: LoadConnectionOptions, handlers: LoadConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.from = this.next = options.from;
    this.to = options.to;
    this.#partialPacket = Buffer.allocUnsafe(MAX_PACKET_SIZE + options.readBufferSize);
    const buffer = Buffer.allocUnsafe(options.readBufferSize);
    const onRead = (count: number): boolean => {
      this.#read(buffer, count);
      return true;
    };
    this.#socket = net.connect({
      port: options.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer, callback: onRead },
    });
    this.#connected = once(this.#socket, "connect");
    this.#connected.catch(() => {});
    this.#socket.on("error", (error) => this.#reportFailure(error.message));
    this.#socket.on("close", () => this.#reportFailure("closed by the broker"));
  }

  /** Connects and subscribes. Never resolves when the broker refuses; `onFailure` reports the reason. */
  async open(): Promise<void> {
    const { name, isOnly, qos, from, to, extraDevices } = this.#options;
    await this.#connected;
    await this.#sendAndWait(encodeConnect(name));
    const filters = isOnly
      ? ["nightlight/+/commands"]
      : [...Array.from({ length: to - from }, (_, n) => from + n), ...extraDevices].map((n) => `${deviceIdOf(n)}/commands`); // prettier-ignore
    for (let at = 0; at < filters.length; at += MAX_FILTERS_PER_SUBSCRIBE)
      await this.#sendAndWait(
        encodeSubscribe(1 + at / MAX_FILTERS_PER_SUBSCRIBE, filters.slice(at, at + MAX_FILTERS_PER_SUBSCRIBE), qos),
      );
  }

  #sendAndWait(packet: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#resolveAck = resolve;
      this.#socket.write(packet);
    });
  }

  /** Returns an unused packet id for QoS 1. */
  nextPacketId(): number {
    do this.#packetId = (this.#packetId % 65535) + 1;
    while (this.#packetIdsInUse[this.#packetId]);
    this.#packetIdsInUse[this.#packetId] = 1;
    this.#unacknowledged++;
    return this.#packetId;
  }

  get unacknowledgedCount(): number {
    return this.#unacknowledged;
  }

  /** Appends a packet to the send buffer. `write` receives the buffer and an offset, and returns the packet's end. */
  appendPacket(write: (to: Buffer, at: number) => number): void {
    if (this.#sendBufferUsed + MAX_READING_SIZE > this.#sendBuffer.length) this.flush();
    this.#sendBufferUsed = write(this.#sendBuffer, this.#sendBufferUsed);
  }

  flush(): void {
    if (this.#sendBufferUsed === 0) return;
    this.#socket.write(this.#sendBuffer.subarray(0, this.#sendBufferUsed));
    // allocates a new buffer while the socket still needs the old one, because the kernel has not accepted all of its data
    if (this.#socket.writableLength > 0) this.#sendBuffer = Buffer.allocUnsafe(this.#sendBuffer.length);
    this.#sendBufferUsed = 0;
  }

  close(): void {
    this.#closing = true;
    this.#socket.end(DISCONNECT_PACKET);
    this.#socket.destroySoon();
  }

  #reportFailure(problem: string): void {
    if (!this.#closing) this.#handlers.onFailure(`The connection ${this.#options.name} failed: ${problem}`);
  }

  #read(chunk: Buffer, count: number): void {
    let bytes = chunk;
    let end = count;
    if (this.#partialLength > 0) {
      chunk.copy(this.#partialPacket, this.#partialLength, 0, count);
      bytes = this.#partialPacket;
      end = this.#partialLength + count;
    }
    const at = this.#readPackets(bytes, end);
    this.#partialLength = end - at;
    if (this.#partialLength > MAX_PACKET_SIZE) this.#reportFailure("a packet is too long");
    else if (this.#partialLength > 0) bytes.copy(this.#partialPacket, 0, at, end);
    this.flush();
  }

  /** Processes all complete packets in `bytes`. @returns the offset of the first incomplete packet */
  #readPackets(bytes: Buffer, end: number): number {
    let at = 0;
    for (;;) {
      // decodes the remaining length in the packet's fixed header (MQTT 3.1.1, section 2.2)
      let body = at + 1;
      let length = 0;
      let shift = 0;
      do {
        if (body >= end) return at;
        length |= (bytes[body] & 127) << shift;
        shift += 7;
      } while (bytes[body++] & 128);
      if (body + length > end) return at;
      this.#handlePacket(bytes, at, body, body + length);
      at = body + length;
    }
  }

  #handlePacket(bytes: Buffer, at: number, body: number, end: number): void {
    const first = bytes[at];
    switch (first & 0xf0) {
      case 0x30: {
        const qos = (first >> 1) & 3;
        const id = decodeCommand(bytes, body, end, qos, this.#command);
        if (qos === 1) this.#acknowledge(bytes[id], bytes[id + 1]);
        if (first & 1) this.retained++;
        else this.#handlers.onCommand(this.#command, this);
        return;
      }
      case 0x40: {
        const id = (bytes[body] << 8) | bytes[body + 1];
        this.#unacknowledged -= this.#packetIdsInUse[id];
        this.#packetIdsInUse[id] = 0;
        return;
      }
      case 0x20:
        if (bytes[body + 1] !== 0) return this.#reportFailure(`refused with return code ${bytes[body + 1]}`);
        return this.#resolveAck?.();
      case 0x90:
        for (let n = body + 2; n < end; n++)
          if (bytes[n] === 0x80) return this.#reportFailure("a subscription was refused");
        return this.#resolveAck?.();
    }
  }

  #acknowledge(high: number, low: number): void {
    if (this.#sendBufferUsed + MAX_READING_SIZE > this.#sendBuffer.length) this.flush();
    const out = this.#sendBuffer;
    out[this.#sendBufferUsed++] = 0x40;
    out[this.#sendBufferUsed++] = 2;
    out[this.#sendBufferUsed++] = high;
    out[this.#sendBufferUsed++] = low;
  }
}
