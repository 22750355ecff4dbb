/** Starts our server on a persistent data folder and times the start. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child, readCpuTime } from "../loop/child.js";
import { configureMosquitto } from "../loop/mosquitto.js";
import { createNightlightPeer } from "../loop/peers/ours.js";
import type { BrokerKind } from "../loop/peers/peer.js";
import { findFreePort, waitForPort } from "../loop/ports.js";

/** Timeout for a server to become ready after its start, and to become idle after a load, in ms. */
const SERVER_TIMEOUT = 120_000;

export interface RunningServer {
  /** TCP port of the MQTT broker. */
  readonly mqttPort: number;
  /** TCP port of the server's HTTP API. */
  readonly httpPort: number;
  /** TCP port of Node's inspector in the server process, for memory measurements. */
  readonly inspectorPort: number;
  /** Time from the start of the process until `/readyz` succeeds, in s. */
  readonly startTime: number;
  /** Waits until the server is idle. Waits 10 s where the operating system does not report CPU time. */
  waitUntilIdle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Mosquitto, which keeps running across restarts of the server. Starts nothing for the embedded broker. */
export async function startBroker(
  brokerKind: BrokerKind,
  folder: string,
): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await findFreePort();
  if (brokerKind === "embedded") return { port, stop: async () => {} };
  const child = new Child(await configureMosquitto(port, folder));
  await waitForPort(port, "Mosquitto", () => child.exitReason);
  return { port, stop: () => child.stop() };
}

/** Starts our server with its inspector and waits until it is ready. @throws Error when the server ends or times out */
export async function startNightlight(brokerKind: BrokerKind, port: number, folder: string): Promise<RunningServer> {
  await mkdir(folder, { recursive: true });
  const [http, inspector] = [await findFreePort(), await findFreePort()];
  const { command, args } = await createNightlightPeer("full").createStartCommand({ brokerKind, port, qos: 1, folder });
  const startedAt = performance.now();
  const child = new Child({
    command,
    args: [`--inspect=127.0.0.1:${inspector}`, ...args, "--http-port", String(http)],
  });
  try {
    await waitUntil(`The server in ${path.basename(folder)} is not ready`, 5, async () => {
      if (child.exitReason !== undefined) throw new Error(`The server did not start: ${child.exitReason}`);
      return (await fetch(`http://127.0.0.1:${http}/readyz`).catch(() => undefined))?.ok === true;
    });
  } catch (error) {
    await child.stop();
    throw error;
  }
  const startTime = (performance.now() - startedAt) / 1000;
  return {
    mqttPort: port,
    httpPort: http,
    inspectorPort: inspector,
    startTime,
    async waitUntilIdle() {
      let before = await readCpuTime(child.pid!);
      if (before === undefined) return sleep(10_000);
      await waitUntil("The server does not become idle", 1000, async () => {
        const cpuTime = (await readCpuTime(child.pid!)) ?? 0;
        const busy = cpuTime - before!;
        before = cpuTime;
        return busy < 0.05;
      });
    },
    stop: () => child.stop(),
  };
}

/** Polls `condition` every `interval` ms until it returns true. @throws Error after two minutes, or the error of `condition` */
async function waitUntil(what: string, interval: number, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + SERVER_TIMEOUT; ;) {
    await sleep(interval);
    if (await condition()) return;
    if (performance.now() > deadline) throw new Error(`${what} after ${SERVER_TIMEOUT / 1000} s.`);
  }
}
