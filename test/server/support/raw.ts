/** A raw MQTT client over TCP, for sending packets that a conforming client does not send. */
import net from "node:net";
import { generate, parser, type IConnectPacket, type Packet } from "mqtt-packet";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";

export interface RawClient {
  readonly socket: net.Socket;
  /** Packets that the client has received, in order. */
  readonly packets: Packet[];
  readonly isClosed: boolean;
  send(packet: Packet): void;
  /** Sends bytes unchanged. The bytes need not form a valid packet. */
  sendBytes(bytes: Buffer): void;
  /** Waits for the first packet of this type. */
  waitForPacket<C extends Packet["cmd"]>(cmd: C): Promise<Extract<Packet, { cmd: C }>>;
  /** Waits until the broker has processed all sent packets. Uses PINGREQ. */
  waitUntilProcessed(): Promise<void>;
  /** Waits until the broker closes the connection. */
  waitForClose(): Promise<void>;
}

export interface RawOptions {
  /** Whether the client reads from its socket. */
  readonly reading?: boolean;
  /** The protocol version of encoded and decoded packets; default 4 (MQTT 3.1.1). */
  readonly version?: 3 | 4 | 5;
}

/** Opens a connection, which is closed after the test. */
export function openRawClient(url: string, { reading = true, version = 4 }: RawOptions = {}): RawClient {
  const socket = net.connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const packets: Packet[] = [];
  const incoming = parser({ protocolVersion: version });
  incoming.on("packet", (packet) => packets.push(packet));
  const findPacket = (cmd: Packet["cmd"]): Packet | undefined => packets.find((packet) => packet.cmd === cmd);
  if (reading) socket.on("data", (bytes) => incoming.parse(bytes));
  socket.on("error", () => {});
  return {
    socket,
    packets,
    get isClosed() {
      return socket.destroyed;
    },
    send: (packet) => void socket.write(generate(packet, { protocolVersion: version })),
    sendBytes: (bytes) => void socket.write(bytes),
    waitForPacket: (cmd) => eventually(() => findPacket(cmd), { what: cmd }) as Promise<never>,
    async waitUntilProcessed() {
      const before = packets.length;
      socket.write(generate({ cmd: "pingreq" }));
      await eventually(() => packets.slice(before).some(({ cmd }) => cmd === "pingresp"), { what: "PINGRESP" });
    },
    waitForClose: () =>
      eventually(() => socket.destroyed, { what: "the broker to close the connection" }).then(() => undefined),
  };
}

/** Opens a connection, sends CONNECT and waits for CONNACK. */
export async function connectRawClient(
  url: string,
  clientId: string,
  options: Partial<IConnectPacket> = {},
): Promise<RawClient> {
  const made = openRawClient(url, { version: (options.protocolVersion ?? 4) as 3 | 4 | 5 });
  made.send(createConnectPacket(clientId, options));
  await made.waitForPacket("connack");
  return made;
}

/** Encodes an MQTT string or binary data with its length prefix (MQTT 3.1.1, 1.5.3). */
export function encodeField(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Encodes a control packet: first byte, remaining length, and the rest (MQTT 3.1.1, 2.2). */
export function encodePacket(first: number, ...parts: (Buffer | number)[]): Buffer {
  const rest = Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : part)));
  const length: number[] = [];
  for (let left = rest.length; left > 0 || length.length === 0; left = Math.floor(left / 128))
    length.push((left % 128) + (left >= 128 ? 128 : 0));
  return Buffer.concat([Buffer.from([first, ...length]), rest]);
}

/** Creates a CONNECT packet; MQTT 3.1.1 by default. */
export function createConnectPacket(clientId: string, options: Partial<IConnectPacket> = {}): IConnectPacket {
  return { cmd: "connect", clientId, protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60, ...options };
}

/** Opens a connection and logs in with a user name and password. */
export async function connectRawClientAs(
  url: string,
  clientId: string,
  { username, password }: { username: string; password: string },
  options: Partial<IConnectPacket> = {},
): Promise<RawClient> {
  const made = openRawClient(url);
  made.send(createConnectPacket(clientId, { username, password: Buffer.from(password), ...options }));
  await eventually(() => made.packets.some(({ cmd }) => cmd === "connack"), { what: "CONNACK" });
  return made;
}

/** Writes the same bytes repeatedly, as fast as TCP allows. The result stops the writes and returns the byte count. */
export function floodConnection({ socket }: RawClient, bytes: Buffer): () => number {
  let going = true;
  let written = 0;
  const writeUntilFull = (): void => {
    while (going && !socket.destroyed) {
      written += bytes.length;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on("drain", writeUntilFull);
  writeUntilFull();
  return () => {
    going = false;
    return written;
  };
}
