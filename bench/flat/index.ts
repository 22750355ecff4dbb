/** Compares throughput with many devices and with few, and measures memory per device and start time. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runGenerator } from "../loop/generator.js";
import { measurePeer, type Workload } from "../loop/measure.js";
import { MOSQUITTO_COMMAND, MOSQUITTO_INSTALL_HINT } from "../loop/mosquitto.js";
import { cServer } from "../loop/peers/c.js";
import { minimalAedesServer, minimalMqttJsServer } from "../loop/peers/node.js";
import { createNightlightPeer } from "../loop/peers/ours.js";
import type { Peer, BrokerKind } from "../loop/peers/peer.js";
import { formatCount } from "../loop/scenarios.js";
import { median } from "../statistics.js";
import { formatTable } from "../table.js";
import { readMemoryUsage, type MemoryUsage } from "./inspector.js";
import { startBroker, startNightlight } from "./server.js";

export interface FlatOptions {
  readonly brokerKinds: readonly BrokerKind[];
  /** Number of devices in the large measurement; the small measurement always has 100. */
  readonly devices: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly warmUpCycles: number;
  readonly switchEvery: number;
}

const FEW_DEVICES = 100;
const CONNECTION_COUNT = 100;
/** Warm-up readings per device. The server registers a device with its first reading, which must not be measured. */
const WARM_UP_READINGS = 4;

/** Runs the scaling benchmark. @returns the table in Markdown */
export async function measureScaling(options: FlatOptions, print: (text: string) => void): Promise<string> {
  const rows: string[][] = [];
  for (const brokerKind of options.brokerKinds) {
    const title = brokerKind === "mosquitto" ? "Mosquitto" : "embedded broker";
    if (brokerKind === "mosquitto" && !MOSQUITTO_COMMAND) {
      print(`Skipping Mosquitto, because it is not installed: ${MOSQUITTO_INSTALL_HINT}`);
      rows.push([`${title} (missing: ${MOSQUITTO_INSTALL_HINT})`, ...TABLE_HEAD.slice(1).map(() => "–")]);
      continue;
    }
    print(`${title}: throughput with ${FEW_DEVICES} and with ${formatCount(options.devices)} devices`);
    const installed = [];
    for (const peer of PEERS_BY_BROKER[brokerKind]) {
      const missing = await peer.findInstallHint();
      if (missing === undefined) installed.push(peer);
      else print(`Skipping ${peer.title}, because it is not installed: ${missing}`);
    }
    const rates = await measureThroughput(installed, brokerKind, options, print);
    print(`${title}: memory and start time with ${formatCount(options.devices)} devices`);
    const { heap, buffers, empty, known } = await measureMemory(brokerKind, options.devices);
    const memoryCells = [
      `${Math.round(heap)} B`,
      `${Math.round(buffers)} B`,
      `${empty.toFixed(2)} s`,
      `${known.toFixed(2)} s`,
    ];
    for (const [n, peer] of installed.entries()) {
      const [few, many] = rates[n];
      rows.push([
        title,
        peer.title,
        ...rates[n].map((rate) => (typeof rate === "string" ? `not counted: ${rate}` : formatCount(Math.round(rate)))),
        typeof few === "number" && typeof many === "number" ? (many / few).toFixed(2) : "–",
        ...(n === 0 ? memoryCells : memoryCells.map(() => "–")),
      ]);
    }
  }
  const [at, server, few, many, ...rest] = TABLE_HEAD;
  const appendDeviceCount = (what: string, devices: number): string => `${what}, ${formatCount(devices)} devices`;
  return formatTable(
    [at, server, appendDeviceCount(few, FEW_DEVICES), appendDeviceCount(many, options.devices), ...rest],
    rows,
  );
}

/** Servers by broker, ours first. The others show how much of a slowdown comes from the broker or the load generator. */
const PEERS_BY_BROKER: Readonly<Record<BrokerKind, readonly Peer[]>> = {
  mosquitto: [createNightlightPeer("full"), minimalMqttJsServer, cServer],
  embedded: [createNightlightPeer("full"), minimalAedesServer],
};

const TABLE_HEAD = [
  "at",
  "server",
  "commands/s",
  "commands/s",
  "ratio",
  "heap a device",
  "buffers a device",
  "start, no devices",
  "start, all devices known",
];

/** Returns each server's median rate with few and with many devices, or text that says why the rate is missing. */
async function measureThroughput(
  peers: readonly Peer[],
  brokerKind: BrokerKind,
  options: FlatOptions,
  print: (text: string) => void,
): Promise<(number | string)[][]> {
  const { rounds, seconds, warmUp, switchEvery } = options;
  const warmUpCycles = Math.max(options.warmUpCycles, WARM_UP_READINGS * options.devices);
  const counts = [FEW_DEVICES, options.devices];
  const rates: number[][][] = peers.map(() => counts.map(() => []));
  const problems: string[][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [p, peer] of peers.entries())
      for (const [n, devices] of counts.entries()) {
        const workload: Workload = { brokerKind, qos: 1, devices, connections: CONNECTION_COUNT, outstanding: CONNECTION_COUNT, switchEvery, warmUp, warmUpCycles, seconds }; // prettier-ignore
        const { rate, problem } = await measurePeer(peer, workload);
        const outcome = problem ?? `${formatCount(Math.round(rate))} commands/s`;
        print(`    ${peer.title}, ${formatCount(devices)} devices: ${outcome}`);
        if (problem === undefined) rates[p][n].push(rate);
        else problems[p][n] = problem;
      }
  return rates.map((peerRates, p) => peerRates.map((values, n) => median(values) ?? problems[p][n]));
}

/** Measures memory per device in bytes, and the start time without devices and with all devices known, in s. */
async function measureMemory(
  brokerKind: BrokerKind,
  devices: number,
): Promise<MemoryUsage & { empty: number; known: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
  const broker = await startBroker(brokerKind, folder);
  try {
    const first = await startNightlight(brokerKind, broker.port, folder);
    let before: MemoryUsage;
    let after: MemoryUsage;
    try {
      // makes Node load and compile its code first, which must not count as memory of the devices
      await sendFirstReadings(first.mqttPort, FEW_DEVICES);
      await first.waitUntilIdle();
      before = await readMemoryUsage(first.inspectorPort);
      await sendFirstReadings(first.mqttPort, devices);
      await first.waitUntilIdle();
      after = await readMemoryUsage(first.inspectorPort);
    } finally {
      await first.stop();
    }
    const restarted = await startNightlight(brokerKind, broker.port, folder);
    await restarted.stop();
    const fresh = await startNightlight(brokerKind, broker.port, path.join(folder, "fresh"));
    await fresh.stop();
    const more = devices - FEW_DEVICES;
    return {
      heap: (after.heap - before.heap) / more,
      buffers: (after.buffers - before.buffers) / more,
      empty: fresh.startTime,
      known: restarted.startTime,
    };
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends readings of all devices until each device has received an answer. */
async function sendFirstReadings(port: number, devices: number): Promise<void> {
  const connections = Math.min(CONNECTION_COUNT, devices);
  await runGenerator(
    { port, devices, connections, qos: 1, payloadFormat: "full", outstanding: connections, switchEvery: 1, warmUp: 0, warmUpCycles: 0, seconds: 0.1 }, // prettier-ignore
    async () => {},
  );
}
