/** MQTT 3.1.1 with the firmware's client and `nightlight-server`'s embedded broker. */
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startServer } from "nightlight-server";
import mqttClient from "mqtt";
import { MqttClient } from "../../packages/devicescript-mqtt/src/client.js";
import {
  COMMANDS_ADDRESS,
  CLIENT_ID,
  PASSWORD,
  READINGS_ADDRESS,
  USER_NAME,
  type ProtocolClient,
  type Protocol,
  type ProtocolServer,
  type ConnectionParameters,
} from "./exchange.js";
import { createNetwork } from "./network.js";
import { openConnection } from "./tls.js";

async function startMqttServer({ tls }: ConnectionParameters): Promise<ProtocolServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-protocols-"));
  const files = { cert: path.join(folder, "server.crt"), key: path.join(folder, "server.key") };
  if (tls) for (const name of ["cert", "key"] as const) await writeFile(files[name], tls[name], { mode: 0o600 });
  const server = await startServer({
    mqttPort: 0,
    mqttsPort: 0,
    http: false,
    history: false,
    data: path.join(folder, "data"),
    guests: [{ name: USER_NAME, password: PASSWORD }],
    tls: tls && files,
  });
  const person = await mqttClient.connectAsync(server.brokerUrl, { username: USER_NAME, password: PASSWORD });
  return {
    port: Number(new URL((tls ? server.secureBrokerUrl : server.brokerUrl)!).port),
    sendCommand: (text) => void person.publish(COMMANDS_ADDRESS, text, { qos: 1 }),
    async close() {
      await person.endAsync();
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function connect(qos: 0 | 1, port: number, { keepAlive, tls }: ConnectionParameters): Promise<ProtocolClient> {
  const commands = new EventEmitter();
  const client = new MqttClient(
    createNetwork(() => openConnection(port, tls)),
    {
      clientId: CLIENT_ID,
      username: USER_NAME,
      password: PASSWORD,
      keepAlive,
      cleanSession: qos === 0,
    },
  );
  client.subscribe(COMMANDS_ADDRESS, qos, (_topic, payload) => void commands.emit("command", payload.toString()));
  const connected = new Promise<void>((resolve) => (client.onconnect = () => resolve()));
  client.start();
  await connected;
  const receiveCommand = async (): Promise<string> => ((await once(commands, "command")) as [string])[0];
  return {
    async send(reading) {
      const answer = receiveCommand();
      if (!client.publish(READINGS_ADDRESS, reading, qos, false))
        throw new Error("The MQTT client rejected a reading.");
      return answer;
    },
    receiveCommand: receiveCommand,
    close: () => client.stop(),
  };
}

const createMqttProtocol = (qos: 0 | 1): Protocol => ({
  name: `MQTT 3.1.1, QoS ${qos}`,
  startServer: startMqttServer,
  connect: (port, parameters) => connect(qos, port, parameters),
});

export const MQTT_QOS_0_PROTOCOL = createMqttProtocol(0);
export const MQTT_QOS_1_PROTOCOL = createMqttProtocol(1);
