import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { endChild } from "./end-child.js";
import { eventually } from "./eventually.js";
import { MOSQUITTO } from "./programs.js";

/** A real Mosquitto on a loopback port of its own. */
export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Ends it as a service manager does. */
  stop(): Promise<void>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Deletes what it kept, while it does not run. */
  forget(): Promise<void>;
  /** Starts it again on the same port, with what it kept if it was told to keep anything. */
  start(): Promise<void>;
  /** Stops it and deletes its files. */
  remove(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function accepts(port: number): Promise<boolean> {
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
 * @param options.persistent keeps sessions and retained messages over a restart
 * @param options.lines further lines of its configuration; `allow_anonymous true` unless they say otherwise
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

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    await endChild(running, signal);
  }

  async function start(): Promise<void> {
    child = spawn(MOSQUITTO as string, ["-c", configuration], { stdio: "ignore" });
    await eventually(() => accepts(port), { within: 10_000, what: "Mosquitto to listen" });
  }

  await start();
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    start,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    forget: () => rm(path.join(folder, "mosquitto.db"), { force: true }),
    async remove() {
      await end("SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
