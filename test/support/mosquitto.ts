import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { endChild } from "./end-child.js";
import { eventually } from "./eventually.js";
import { freePort } from "./free-port.js";
import { MOSQUITTO } from "./programs.js";

/** A running Mosquitto on a free loopback port. */
export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Stops Mosquitto with SIGTERM, as a service manager does. */
  stop(): Promise<void>;
  /** Kills Mosquitto with SIGKILL, which simulates a power failure. */
  kill(): Promise<void>;
  /** Deletes Mosquitto's stored sessions and messages. Call this only while Mosquitto is stopped. */
  deleteData(): Promise<void>;
  /** Restarts Mosquitto on the same port, with its stored data if persistence is on. */
  start(): Promise<void>;
  /** Stops Mosquitto and deletes its files. */
  remove(): Promise<void>;
}

async function acceptsConnections(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

/**
 * Starts Mosquitto.
 * @param options.persistent whether Mosquitto keeps sessions and retained messages across restarts
 * @param options.lines additional configuration lines; default `allow_anonymous true`
 */
export async function startMosquitto(options: { persistent?: boolean; lines?: string[] } = {}): Promise<Mosquitto> {
  if (!MOSQUITTO) throw new Error("Mosquitto is not installed: apt-get install mosquitto, brew install mosquitto");
  const { persistent = false, lines = ["allow_anonymous true"] } = options;
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-mosquitto-"));
  const port = await freePort();
  const configuration = path.join(folder, "mosquitto.conf");
  const keep = persistent
    ? [
        "persistence true",
        `persistence_location ${folder}${path.sep}`,
        "autosave_interval 1",
        "autosave_on_changes true",
      ]
    : ["persistence false"];
  const listener = [`listener ${port} 127.0.0.1`, "set_tcp_nodelay true", "max_queued_messages 100000", "user root"];
  await writeFile(configuration, [...listener, ...keep, ...lines, ""].join("\n"));
  let child: ChildProcess | undefined;

  async function endWithSignal(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    await endChild(running, signal);
  }

  async function start(): Promise<void> {
    child = spawn(MOSQUITTO as string, ["-c", configuration], { stdio: "ignore" });
    await eventually(() => acceptsConnections(port), { within: 10_000, what: "Mosquitto to listen" });
  }

  await start();
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    start,
    stop: () => endWithSignal("SIGTERM"),
    kill: () => endWithSignal("SIGKILL"),
    deleteData: () => rm(path.join(folder, "mosquitto.db"), { force: true }),
    async remove() {
      await endWithSignal("SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
