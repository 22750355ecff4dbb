/** A nightlight-server for a fleet, with a broker and a data folder of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../server/bin/nightlight-server.js", import.meta.url));
/** Has a program end with this one, even when this one is killed: then its standard input ends. */
const END_WITH_US = 'data:text/javascript,process.stdin.on("close",()=>process.kill(process.pid,"SIGTERM")).resume()';
/** How long it may take to start and to end, in ms. */
const START_WITHIN = 30_000;
const END_WITHIN = 10_000;

export interface OwnServer {
  readonly pid: number;
  /** Its broker. */
  readonly url: string;
  /** Told when it ends by itself. */
  onexit: (how: string) => void;
  /** Ends it, and deletes what it kept. */
  close(): Promise<void>;
}

/**
 * Starts the built server on free ports of this machine. Its log, a line for each reading, is written and thrown away.
 * @param config a configuration file; without it, and without variables of the environment, all is as by default
 * @throws Error with what it said when it does not start
 */
export async function startOwnServer(config?: string): Promise<OwnServer> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-fleet-"));
  const port = await freePort();
  const args = ["--mqtt-port", String(port), "--http-port", "0", "--host", "127.0.0.1", "--data", data];
  // another process group, so that Ctrl+C leaves it to be ended when the fleet has
  const child = spawn(
    process.execPath,
    ["--import", END_WITH_US, PROGRAM, ...args, ...(config ? ["--config", path.resolve(config)] : [])],
    {
      cwd: data,
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NIGHTLIGHT_"))),
      stdio: ["pipe", "ignore", "pipe"],
      detached: process.platform !== "win32",
    },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const exit = once(child, "exit") as Promise<[number | null, string | null]>;
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const server: OwnServer = {
    pid: child.pid!,
    url: `mqtt://127.0.0.1:${port}`,
    onexit: () => {},
    async close() {
      server.onexit = () => {};
      child.kill("SIGTERM");
      await Promise.race([exit, sleep(END_WITHIN, undefined, { ref: false })]);
      kill();
      await exit;
      process.off("exit", kill);
      await rm(data, { recursive: true, force: true });
    },
  };
  for (const begin = performance.now(); !(await listens(port)); await sleep(20)) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!ended && performance.now() - begin < START_WITHIN) continue;
    await server.close();
    throw new Error(`The server did not start: ${said.trim() || `it did not listen within ${START_WITHIN / 1000} s`}`);
  }
  void exit.then(([code, signal]) => server.onexit(`${signal ?? `code ${code}`}${said && `: ${said.trim()}`}`));
  return server;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
