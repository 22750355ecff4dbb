/** Starts servers and clients for a test, and closes them after the test. */
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startServer, type NightlightServer, type ServerOptions } from "nightlight-server";
import { onTestFinished } from "vitest";

/** Creates a temporary folder, which is deleted after the test. */
export async function createTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-server-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A history configuration with unlimited retention. */
export const UNLIMITED_HISTORY = { readings: undefined, switches: undefined };

/** Starts a server on free ports and closes it after the test. History is off by default, because its thread starts slowly. */
export async function startTestServer(options: ServerOptions = {}): Promise<NightlightServer> {
  const data = options.data ?? (await createTemporaryFolder());
  const started = await startServer({ mqttPort: 0, httpPort: 0, history: false, ...options, data });
  onTestFinished(() => started.close());
  return started;
}

/** Creates a persistent session at a broker: a client subscribes and disconnects. */
export async function createOfflineSession(url: string, clientId: string): Promise<void> {
  const leaver = await connectClient(url, { clientId, clean: false }, "nightlight/+/commands");
  await leaver.endAsync();
}

/** A message that a test client has received. */
export interface ReceivedMessage {
  readonly topic: string;
  readonly text: string;
  readonly qos: number;
  readonly retained: boolean;
}

export interface TestClient extends MqttClient {
  /** Messages that the client has received, in order. */
  readonly got: ReceivedMessage[];
}

/** Connects a client without automatic reconnection and subscribes it. The client is closed after the test. */
export async function connectClient(
  url: string,
  options: IClientOptions = {},
  ...filters: string[]
): Promise<TestClient> {
  const connection = mqtt.connect(url, { reconnectPeriod: 0, connectTimeout: 60_000, ...options });
  onTestFinished(() => void connection.end(true));
  connection.on("error", () => {});
  const got: ReceivedMessage[] = [];
  connection.on("message", (topic, payload, { qos, retain }) => {
    got.push({ topic, text: payload.toString(), qos, retained: retain });
  });
  await new Promise<void>((resolve, reject) => {
    connection.once("connect", () => resolve());
    connection.once("error", reject);
    connection.once("close", () => reject(new Error(`${url} closed the connection`)));
  });
  if (filters.length > 0) await connection.subscribeAsync(filters, { qos: 1 });
  return Object.assign(connection, { got });
}
