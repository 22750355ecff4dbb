/** Starts our server on a persistent data folder and times the start. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child, cpuOf } from "../loop/child.js";
import { mosquitto } from "../loop/mosquitto.js";
import { ours } from "../loop/peers/ours.js";
import type { Place } from "../loop/peers/peer.js";
import { freePort, listening } from "../loop/ports.js";

/** Timeout for a server to be ready, and to become idle, in ms. */
const PATIENCE = 120_000;

export interface Running {
  /** The MQTT port. */
  readonly port: number;
  /** The HTTP port. */
  readonly http: number;
  /** The inspector's port. */
  readonly inspector: number;
  /** Time from the start of the process until `/readyz` succeeds, in s. */
  readonly took: number;
  /** Waits until the server is idle. Waits 10 s where the operating system does not report CPU time. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Mosquitto, which keeps running across restarts of the server. Starts nothing for the embedded broker. */
export async function startBroker(place: Place, folder: string): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  if (place === "embedded") return { port, stop: async () => {} };
  const child = new Child(await mosquitto(port, folder));
  await listening(port, "Mosquitto", () => child.ended);
  return { port, stop: () => child.stop() };
}

/** Starts our server with its inspector and waits until it is ready. @throws Error when the server ends or times out */
export async function startOurs(place: Place, port: number, folder: string): Promise<Running> {
  await mkdir(folder, { recursive: true });
  const [http, inspector] = [await freePort(), await freePort()];
  const { command, args } = await ours("full").program({ place, port, qos: 1, folder });
  const begun = performance.now();
  const child = new Child({
    command,
    args: [`--inspect=127.0.0.1:${inspector}`, ...args, "--http-port", String(http)],
  });
  try {
    await until(`The server in ${path.basename(folder)} is not ready`, 5, async () => {
      if (child.ended !== undefined) throw new Error(`The server did not start: ${child.ended}`);
      return (await fetch(`http://127.0.0.1:${http}/readyz`).catch(() => undefined))?.ok === true;
    });
  } catch (error) {
    await child.stop();
    throw error;
  }
  const took = (performance.now() - begun) / 1000;
  return {
    port,
    http,
    inspector,
    took,
    async idle() {
      let before = await cpuOf(child.pid!);
      if (before === undefined) return sleep(10_000);
      await until("The server does not become idle", 1000, async () => {
        const now = (await cpuOf(child.pid!)) ?? 0;
        const busy = now - before!;
        before = now;
        return busy < 0.05;
      });
    },
    stop: () => child.stop(),
  };
}

/** Polls `condition` every `every` ms until it is true. @throws Error after two minutes, or the error of `condition` */
async function until(what: string, every: number, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + PATIENCE; ;) {
    await sleep(every);
    if (await condition()) return;
    if (performance.now() > deadline) throw new Error(`${what} after ${PATIENCE / 1000} s.`);
  }
}
