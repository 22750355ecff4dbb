import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { endChild } from "./end-child.js";
import { eventually } from "./eventually.js";
import { freePort } from "./free-port.js";
import { REDIS } from "./programs.js";

/** A running Redis on a free loopback port. */
export interface RedisServer {
  readonly url: string;
  /** Kills Redis with SIGKILL, which simulates a power failure. */
  kill(): Promise<void>;
  /** Restarts Redis on the same port, with its stored data. */
  start(): Promise<void>;
  /** Stops Redis and deletes its files. */
  remove(): Promise<void>;
}

async function answersPing(port: number): Promise<boolean> {
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

async function isListening(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

export interface RedisOptions {
  /** Whether Redis stores its data in an append-only file; default true. Otherwise a restart loses all data. */
  readonly persistent?: boolean;
  /** Certificate and key files; if set, Redis accepts only TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts an empty Redis. */
export async function startRedis({ persistent = true, tls }: RedisOptions = {}): Promise<RedisServer> {
  if (!REDIS) throw new Error("Redis is not installed: apt-get install redis-server");
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function endWithSignal(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    await endChild(running, signal);
  }

  async function start(): Promise<void> {
    const ports = tls
      ? ["--port", "0", "--tls-port", `${port}`, "--tls-cert-file", tls.cert, "--tls-key-file", tls.key, "--tls-auth-clients", "no"] // prettier-ignore
      : ["--port", `${port}`];
    const keeping = persistent ? ["--appendonly", "yes", "--appendfsync", "everysec"] : ["--appendonly", "no"];
    const flags = [...ports, "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...keeping];
    child = spawn(REDIS as string, flags, { stdio: "ignore" });
    await eventually(() => (tls ? isListening(port) : answersPing(port)), {
      within: 10_000,
      every: 20,
      what: "Redis to answer",
    });
  }

  await start();
  return {
    url: `${tls ? "rediss" : "redis"}://127.0.0.1:${port}`,
    start,
    kill: () => endWithSignal("SIGKILL"),
    async remove() {
      await endWithSignal("SIGTERM");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
