/**
 * The test system for fault injection: `nightlight-server` as a process, the embedded broker or Mosquitto, simulated boards
 * with the firmware, and a proxy on each connection to the broker.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { topicOf } from "../../contract/index.js";
import { brokerSettingsOf, loadFirmware, Simulator } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { Ledger } from "./ledger.js";
import { ServerProgram } from "./program.js";
import { Proxy } from "./proxy.js";
import type { Random } from "./random.js";
import { Station } from "./station.js";

/** Kind of broker: the server's embedded broker, or a Mosquitto with persistence. */
export type BrokerKind = "embedded" | "mosquitto";

/** Keep-alive of the boards, in s. It is shorter than the default, so that faults are detected within the short tests. */
export const BOARD_KEEP_ALIVE = 15;

export interface TestSystemOptions {
  readonly broker: BrokerKind;
  /** Number of boards. */
  readonly boards: number;
  readonly random: Random;
  /** Called with each log line of the server and the boards. */
  onLogLine?(who: string, line: string): void;
}

export interface TestSystem {
  readonly kind: BrokerKind;
  readonly ledger: Ledger;
  readonly stations: Station[];
  readonly server: ServerProgram;
  /** The proxy between the server and an external broker; undefined with the embedded broker. */
  readonly serverProxy?: Proxy;
  readonly mosquitto?: Mosquitto;
  /** The broker's URL for connections that bypass the proxies. */
  readonly url: string;
  /** A client that reconnects by itself and bypasses the proxies. */
  readonly client: MqttClient;
  /** Reasons of all crashes of firmware and virtual machines so far. */
  readonly crashes: string[];
  /** Returns the first disagreement between lamp, board and server, or "" if they agree. */
  findDisagreement(): string;
  close(): Promise<void>;
}

/** Starts the system and waits for convergence. */
export async function startTestSystem({
  broker: kind,
  boards,
  random,
  onLogLine = () => {},
}: TestSystemOptions): Promise<TestSystem> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-chaos-"));
  const ends: (() => Promise<unknown> | void)[] = [() => rm(data, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return { ...(await buildSystem()), kind, close };
  } catch (error) {
    await close();
    throw error;
  }

  async function startProxyTo(port: number): Promise<Proxy> {
    const proxy = await Proxy.start(port);
    ends.push(() => proxy.close());
    return proxy;
  }

  async function buildSystem(): Promise<Omit<TestSystem, "kind" | "close">> {
    const ledger = new Ledger();
    const mosquitto = kind === "mosquitto" ? await startMosquitto({ persistent: true }) : undefined;
    if (mosquitto) ends.push(() => mosquitto.remove());
    const port = mosquitto?.port ?? (await freePort());
    const serverProxy = mosquitto && (await startProxyTo(port));
    const where = serverProxy ? ["--broker", `mqtt://127.0.0.1:${serverProxy.port}`] : ["--mqtt-port", String(port)];
    const server = new ServerProgram(["--data", data, ...where], (entry, run) => {
      onLogLine(`server ${run}`, JSON.stringify(entry));
      ledger.addLogEntry(entry, run);
    });
    ends.push(() => server.stop());
    await server.start();

    const url = `mqtt://127.0.0.1:${port}`;
    const client = await mqtt.connectAsync(url, { reconnectPeriod: 200, connectTimeout: 2000 });
    client.on("error", () => {});
    ends.push(() => client.endAsync(true));
    const simulator = new Simulator(loadFirmware());
    ends.push(() => simulator.close());
    const crashes: string[] = [];
    const stations: Station[] = [];
    for (let n = 1; n <= boards; n++) {
      const proxy = await startProxyTo(port);
      const id = `nightlight/chaos-${n}`;
      const board = simulator.add({
        id,
        settings: { ...brokerSettingsOf(`mqtt://127.0.0.1:${proxy.port}`), NL_KEEPALIVE: BOARD_KEEP_ALIVE },
      });
      board.on("log", (level, line) => level !== "runtime" && onLogLine(id, line));
      board.on("crash", (reason) => crashes.push(`${id}: ${reason}`));
      stations.push(new Station(board, proxy, ledger, random.fork()));
    }
    await Promise.all(stations.map(({ board }) => board.start()));
    const findDisagreement = (): string => stations.map((station) => station.findDisagreement()).find(Boolean) ?? "";
    await eventually(() => !findDisagreement(), { within: 15_000, what: "boards and server to converge" });
    return { ledger, stations, server, serverProxy, mosquitto, url, client, crashes, findDisagreement };
  }
}

/** Publishes a message for a board at QoS 1. Resolves when the broker has acknowledged the message. */
export async function publishToBoard(
  stand: TestSystem,
  id: string,
  channel: "commands" | "config",
  message: object,
): Promise<void> {
  await stand.client.publishAsync(topicOf(id, channel), JSON.stringify(message), {
    qos: 1,
    retain: channel === "config",
  });
}
