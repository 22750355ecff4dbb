import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { endChild } from "./end-child.js";
import { eventually } from "./eventually.js";
import { freePort } from "./mosquitto.js";
import { REDIS } from "./programs.js";

/** A real Redis on a loopback port of its own. */
export interface RedisServer {
  readonly url: string;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it kept. */
  start(): Promise<void>;
  /** Stops it and deletes its files. */
  remove(): Promise<void>;
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString().startsWith("+PONG");
  } finally {
    socket.destroy();
  }
}

/** Starts Redis, empty; what is written is in its append-only file at once. */
export async function startRedis(): Promise<RedisServer> {
  if (!REDIS) throw new Error("Redis is not installed: apt-get install redis-server");
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    await endChild(running, signal);
  }

  async function start(): Promise<void> {
    const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]; // prettier-ignore
    child = spawn(REDIS as string, flags, { stdio: "ignore" });
    await eventually(() => answers(port), { within: 10_000, every: 20, what: "Redis to answer" });
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: () => end("SIGKILL"),
    async remove() {
      await end("SIGTERM");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
