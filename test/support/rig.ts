/** A complete system for tests: a broker, the server, simulated boards with the firmware, and an observing client. */
import mqtt, { type MqttClient } from "mqtt";
import { startServer, type NightlightServer, type ServerOptions } from "nightlight-server";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { brokerSettingsOf, loadFirmware, Simulator, type SimulatedBoard } from "../../sim/index.js";
import { topicOf } from "../../contract/index.js";
import { eventually } from "./eventually.js";
import { startMosquitto, type Mosquitto } from "./mosquitto.js";

/** A message that the observing client received. */
export interface ObservedMessage {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
}

export interface Rig {
  readonly server: NightlightServer;
  readonly simulator: Simulator;
  readonly boards: SimulatedBoard[];
  /** The broker's address. */
  readonly url: string;
  /** A client that subscribes to `nightlight/#`. */
  readonly observer: MqttClient;
  /** Messages that the observer received, in order. */
  readonly seen: ObservedMessage[];
  readonly mosquitto?: Mosquitto;
  /** The server's data folder. */
  readonly data: string;
  close(): Promise<void>;
}

export interface RigOptions {
  /** The server's embedded broker, or a Mosquitto to which the server connects. */
  readonly broker: "embedded" | "mosquitto";
  /** Ids of the simulated boards; the rig starts one board for each id. */
  readonly ids?: string[];
  readonly server?: Partial<ServerOptions>;
}

/** Connects a client without automatic reconnection. */
export function connect(url: string, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  return mqtt.connectAsync(url, { reconnectPeriod: 0, connectTimeout: 5000, ...options });
}

/** Resolves when the board has published that it is online. */
export async function waitForOnline(rig: Rig, id: string): Promise<void> {
  const topic = topicOf(id, "status");
  await eventually(() => rig.seen.some((m) => m.topic === topic && m.text.includes('"online":true')), {
    within: 10_000,
    what: `${id} to be online`,
  });
}

/** Starts the system and waits until every board is online. */
export async function startRig({
  broker,
  ids = ["nightlight/sim-1"],
  server: serverOptions = {},
}: RigOptions): Promise<Rig> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-"));
  const mosquitto = broker === "mosquitto" ? await startMosquitto() : undefined;
  const options: ServerOptions = {
    data,
    mqttPort: 0,
    httpPort: 0,
    broker: mosquitto?.url,
    log: "silent",
    ...serverOptions,
  };
  const server = await startServer(options);
  const url = mosquitto?.url ?? server.brokerUrl;
  const seen: ObservedMessage[] = [];
  const observer = await connect(url);
  observer.on("message", (topic, payload, packet) => {
    seen.push({ topic, text: payload.toString(), retained: packet.retain });
  });
  await observer.subscribeAsync("nightlight/#", { qos: 1 });
  const simulator = new Simulator({ ...loadFirmware(), settings: brokerSettingsOf(url) });
  const boards = ids.map((id) => simulator.add({ id }));
  const rig: Rig = {
    server,
    simulator,
    boards,
    url,
    observer,
    seen,
    mosquitto,
    data,
    async close() {
      await simulator.close();
      await observer.endAsync(true);
      await server.close();
      await mosquitto?.remove();
      await rm(data, { recursive: true, force: true });
    },
  };
  await Promise.all(boards.map((board) => board.start()));
  await Promise.all(ids.map((id) => waitForOnline(rig, id)));
  return rig;
}
