/** MQTT 5.0 clients for tests. */
import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from "mqtt";
import type { IDisconnectPacket, IPublishPacket } from "mqtt-packet";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";

export interface Client5 extends MqttClient {
  readonly connack: IConnackPacket;
  /** Received messages, in order, with their properties. */
  readonly received: IPublishPacket[];
  /** DISCONNECT packets that the broker has sent, with their reason codes. */
  readonly disconnects: IDisconnectPacket[];
}

/** Connects a client without automatic reconnection. The client is closed after the test. */
export async function connectClient5(url: string, options: IClientOptions = {}): Promise<Client5> {
  const settings: IClientOptions = { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 60_000, ...options };
  const client = mqtt.connect(url, settings);
  onTestFinished(() => void client.end(true));
  const received: IPublishPacket[] = [];
  const disconnects: IDisconnectPacket[] = [];
  client.on("message", (_topic, _payload, packet) => void received.push(packet));
  client.on("disconnect", (packet) => void disconnects.push(packet));
  const connack = await new Promise<IConnackPacket>((resolve, reject) => {
    client.once("connect", resolve);
    client.once("error", reject);
    client.once("close", () => reject(new Error(`${url} closed the connection`)));
  });
  client.on("error", () => {});
  return Object.assign(client, { connack, received, disconnects });
}

/** Returns the payloads of messages as text. */
export const textsOf = (packets: readonly IPublishPacket[]): string[] => packets.map(({ payload }) => String(payload));

/** Waits for the first message with this payload. */
export function waitForMessage({ received }: Pick<Client5, "received">, text: string): Promise<IPublishPacket> {
  return eventually(() => received.find(({ payload }) => String(payload) === text), { what: `the message "${text}"` });
}
