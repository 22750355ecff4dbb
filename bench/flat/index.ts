/** Compares throughput with many devices and with few, and measures memory per device and start time. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { generate } from "../loop/generator.js";
import { measure, type Cell } from "../loop/measure.js";
import { MOSQUITTO, MOSQUITTO_MISSING } from "../loop/mosquitto.js";
import { inC } from "../loop/peers/c.js";
import { bareAedes, bareMqtt } from "../loop/peers/node.js";
import { ours } from "../loop/peers/ours.js";
import type { Peer, Place } from "../loop/peers/peer.js";
import { thousands } from "../loop/scenarios.js";
import { median } from "../statistics.js";
import { table } from "../table.js";
import { memoryOf, type Memory } from "./inspector.js";
import { startBroker, startOurs } from "./server.js";

export interface FlatOptions {
  readonly places: readonly Place[];
  /** The large number of devices; the small one is 100. */
  readonly devices: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly warmUpCycles: number;
  readonly switchEvery: number;
}

const FEW = 100;
const CONNECTIONS = 100;
/** Warm-up readings per device. The server registers a device with its first reading, which must not be measured. */
const KNOWN = 4;

/** Runs the benchmark. @returns the table in Markdown */
export async function flat(options: FlatOptions, say: (text: string) => void): Promise<string> {
  const rows: string[][] = [];
  for (const place of options.places) {
    const title = place === "mosquitto" ? "Mosquitto" : "embedded broker";
    if (place === "mosquitto" && !MOSQUITTO) {
      say(`Skipping Mosquitto, because it is not installed: ${MOSQUITTO_MISSING}`);
      rows.push([`${title} (missing: ${MOSQUITTO_MISSING})`, ...HEAD.slice(1).map(() => "–")]);
      continue;
    }
    say(`${title}: throughput with ${FEW} and with ${thousands(options.devices)} devices`);
    const present = [];
    for (const peer of PEERS[place]) {
      const missing = await peer.missing();
      if (missing === undefined) present.push(peer);
      else say(`Skipping ${peer.title}, because it is not installed: ${missing}`);
    }
    const rates = await throughput(present, place, options, say);
    say(`${title}: memory and start time with ${thousands(options.devices)} devices`);
    const { heap, buffers, empty, known } = await memory(place, options.devices);
    const own = [`${Math.round(heap)} B`, `${Math.round(buffers)} B`, `${empty.toFixed(2)} s`, `${known.toFixed(2)} s`];
    for (const [n, peer] of present.entries()) {
      const [few, many] = rates[n];
      rows.push([
        title,
        peer.title,
        ...rates[n].map((rate) => (typeof rate === "string" ? `not counted: ${rate}` : thousands(Math.round(rate)))),
        typeof few === "number" && typeof many === "number" ? (many / few).toFixed(2) : "–",
        ...(n === 0 ? own : own.map(() => "–")),
      ]);
    }
  }
  const [at, server, few, many, ...rest] = HEAD;
  const counted = (what: string, devices: number): string => `${what}, ${thousands(devices)} devices`;
  return table([at, server, counted(few, FEW), counted(many, options.devices), ...rest], rows);
}

/** Our server first. The others show how much of a slowdown comes from the broker or the load generator. */
const PEERS: Readonly<Record<Place, readonly Peer[]>> = {
  mosquitto: [ours("full"), bareMqtt, inC],
  embedded: [ours("full"), bareAedes],
};

const HEAD = [
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

/** Returns two medians per server, with few and with many devices. A text instead of a number is the reason for its absence. */
async function throughput(
  peers: readonly Peer[],
  place: Place,
  options: FlatOptions,
  say: (text: string) => void,
): Promise<(number | string)[][]> {
  const { rounds, seconds, warmUp, switchEvery } = options;
  const warmUpCycles = Math.max(options.warmUpCycles, KNOWN * options.devices);
  const counts = [FEW, options.devices];
  const rates: number[][][] = peers.map(() => counts.map(() => []));
  const problems: string[][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [p, peer] of peers.entries())
      for (const [n, devices] of counts.entries()) {
        const cell: Cell = { place, qos: 1, devices, connections: CONNECTIONS, outstanding: CONNECTIONS, switchEvery, warmUp, warmUpCycles, seconds }; // prettier-ignore
        const { rate, problem } = await measure(peer, cell);
        const outcome = problem ?? `${thousands(Math.round(rate))} commands/s`;
        say(`    ${peer.title}, ${thousands(devices)} devices: ${outcome}`);
        if (problem === undefined) rates[p][n].push(rate);
        else problems[p][n] = problem;
      }
  return rates.map((of, p) => of.map((values, n) => median(values) ?? problems[p][n]));
}

/** Measures memory per device in bytes, and the start time without devices and with all devices known, in s. */
async function memory(place: Place, devices: number): Promise<Memory & { empty: number; known: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
  const broker = await startBroker(place, folder);
  try {
    const first = await startOurs(place, broker.port, folder);
    let before: Memory;
    let after: Memory;
    try {
      // excludes code that Node loads and compiles with the first readings
      await reportOnce(first.port, FEW);
      await first.idle();
      before = await memoryOf(first.inspector);
      await reportOnce(first.port, devices);
      await first.idle();
      after = await memoryOf(first.inspector);
    } finally {
      await first.stop();
    }
    const again = await startOurs(place, broker.port, folder);
    await again.stop();
    const fresh = await startOurs(place, broker.port, path.join(folder, "fresh"));
    await fresh.stop();
    const more = devices - FEW;
    return {
      heap: (after.heap - before.heap) / more,
      buffers: (after.buffers - before.buffers) / more,
      empty: fresh.took,
      known: again.took,
    };
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends readings of all devices until each device has received an answer. */
async function reportOnce(port: number, devices: number): Promise<void> {
  const connections = Math.min(CONNECTIONS, devices);
  await generate(
    { port, devices, connections, qos: 1, form: "full", outstanding: connections, switchEvery: 1, warmUp: 0, warmUpCycles: 0, seconds: 0.1 }, // prettier-ignore
    async () => {},
  );
}
