/** Starts a temporary nightlight-server for a load test, with its own broker and data folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SERVER_PROGRAM = fileURLToPath(new URL("../../server/bin/nightlight-server.js", import.meta.url));
/** Code that ends the server when its standard input closes, which happens even if SIGKILL ends this process. */
const EXIT_WITH_PARENT_CODE =
  'data:text/javascript,process.stdin.on("close",()=>process.kill(process.pid,"SIGTERM")).resume()';
/** Timeout for the start of the server, in ms. The load test fails when the server does not listen by then. */
const START_TIMEOUT = 30_000;
/** Time that the server has to exit after SIGTERM, in ms. After this time, SIGKILL ends the server. */
const STOP_TIMEOUT = 10_000;

/** A running server that belongs to one load test. */
export interface TemporaryServer {
  readonly pid: number;
  /** URL of the server's broker. */
  readonly url: string;
  /** Called with the exit code or signal when the server ends unexpectedly. */
  onexit: (how: string) => void;
  /** Stops the server and deletes its data folder. */
  close(): Promise<void>;
}

/**
 * Starts the built server on free ports of this machine. Discards the server's standard output.
 * @param config path of a configuration file. `NIGHTLIGHT_…` environment variables are ignored.
 * @throws Error with the server's error output when the server does not start
 */
export async function startTemporaryServer(config?: string): Promise<TemporaryServer> {
  const data = await mkdtemp(path.join(tmpdir(), "nightlight-fleet-"));
  const port = await findFreePort();
  const args = ["--mqtt-port", String(port), "--http-port", "0", "--host", "127.0.0.1", "--data", data];
  // start the server in a separate process group, so that Ctrl+C does not stop it before the fleet has ended
  const child = spawn(
    process.execPath,
    ["--import", EXIT_WITH_PARENT_CODE, SERVER_PROGRAM, ...args, ...(config ? ["--config", path.resolve(config)] : [])],
    {
      cwd: data,
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NIGHTLIGHT_"))),
      stdio: ["pipe", "ignore", "pipe"],
      detached: process.platform !== "win32",
    },
  );
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = once(child, "exit") as Promise<[number | null, string | null]>;
  const killServer = (): void => void child.kill("SIGKILL");
  process.once("exit", killServer);
  const server: TemporaryServer = {
    pid: child.pid!,
    url: `mqtt://127.0.0.1:${port}`,
    onexit: () => {},
    async close() {
      server.onexit = () => {};
      child.kill("SIGTERM");
      await Promise.race([exit, sleep(STOP_TIMEOUT, undefined, { ref: false })]);
      killServer();
      await exit;
      process.off("exit", killServer);
      await rm(data, { recursive: true, force: true });
    },
  };
  for (const begin = performance.now(); !(await isListening(port)); await sleep(20)) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!ended && performance.now() - begin < START_TIMEOUT) continue;
    await server.close();
    throw new Error(
      `The server did not start: ${stderr.trim() || `it did not listen within ${START_TIMEOUT / 1000} s`}`,
    );
  }
  void exit.then(([code, signal]) => server.onexit(`${signal ?? `code ${code}`}${stderr && `: ${stderr.trim()}`}`));
  return server;
}

/** Finds a free TCP port on 127.0.0.1. */
async function findFreePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Returns whether a server accepts connections on a port of 127.0.0.1. */
async function isListening(port: number): Promise<boolean> {
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
