/** MQTT over bare TCP: for what a well-behaved client does not do. */
import net from "node:net";
import { generate, parser, type IConnectPacket, type Packet } from "mqtt-packet";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";

export interface RawClient {
  readonly socket: net.Socket;
  /** Packets that came, in order. */
  readonly packets: Packet[];
  readonly closed: boolean;
  send(packet: Packet): void;
}

/** Opens a connection; ended after the test. @param reading whether it reads what comes */
export function raw(url: string, { reading = true }: { reading?: boolean } = {}): RawClient {
  const socket = net.connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const packets: Packet[] = [];
  const incoming = parser();
  incoming.on("packet", (packet) => packets.push(packet));
  if (reading) socket.on("data", (bytes) => incoming.parse(bytes));
  socket.on("error", () => {});
  return {
    socket,
    packets,
    get closed() {
      return socket.destroyed;
    },
    send: (packet) => void socket.write(generate(packet)),
  };
}

/** A CONNECT packet of MQTT 3.1.1. */
export function connectPacket(clientId: string, options: Partial<IConnectPacket> = {}): IConnectPacket {
  return { cmd: "connect", clientId, protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60, ...options };
}

/** A connection that has logged in. */
export async function rawLogin(
  url: string,
  clientId: string,
  { username, password }: { username: string; password: string },
  options: Partial<IConnectPacket> = {},
): Promise<RawClient> {
  const made = raw(url);
  made.send(connectPacket(clientId, { username, password: Buffer.from(password), ...options }));
  await eventually(() => made.packets.some(({ cmd }) => cmd === "connack"), { what: "CONNACK" });
  return made;
}

/** Writes the same bytes again and again, as fast as the other side takes them; gives a function that ends that. */
export function flood({ socket }: RawClient, bytes: Buffer): () => number {
  let going = true;
  let written = 0;
  const write = (): void => {
    while (going && !socket.destroyed) {
      written += bytes.length;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on("drain", write);
  write();
  return () => {
    going = false;
    return written;
  };
}
