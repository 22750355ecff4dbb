/** The computer as the checks see it: everything that they look at, so that a test can bring another one. */
import { readFile, stat, statfs } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { firmwareEntries } from "../build.js";
import { findEsptool } from "../flash/esptool.js";
import { runProgram, type Ended } from "../flash/program.js";
import { checkAccess, listPorts, type PortInfo } from "../serial/ports.js";
import { checkBroker, type CheckBroker } from "../setup/broker-check.js";
import { inspect, type Inspection } from "../setup/inspect.js";

export interface System {
  readonly platform: NodeJS.Platform;
  /** Such as "20.19.0". */
  readonly nodeVersion: string;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
  /** The text of a file of the project; undefined when there is none. */
  read(name: string): Promise<string | undefined>;
  /** Bytes of a file of the project; undefined when there is none. */
  size(name: string): Promise<number | undefined>;
  /** Bytes that this user may still write where the project is. */
  free(): Promise<number>;
  /** Why nobody can listen on a TCP port, as the system's code such as `EADDRINUSE`; "" when one can. */
  listen(port: number): Promise<string>;
  /** Runs another program; never throws. */
  run(command: string, ...args: string[]): Promise<Ended>;
  /** Whether an HTTP server answers with success. */
  answers(url: string): Promise<boolean>;
  /** The version of esptool. @throws StepError when there is none that will do */
  esptool(): Promise<string>;
  /** All serial ports. @throws StepError when they cannot be listed */
  serialPorts(): Promise<PortInfo[]>;
  /** @throws StepError when this user may not open the port */
  checkAccess(port: string): Promise<void>;
  /** The firmware's entries, such as `main`. */
  firmware(): Promise<string[]>;
  settings(): Promise<Inspection>;
  broker: CheckBroker;
}

/** No program that is asked here takes longer, in ms. */
const WITHIN = 10_000;

/** This computer, and the project in `root`. */
export function thisSystem(root: string): System {
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    uid: process.getuid?.(),
    read: (name) => readFile(path.join(root, name), "utf8").catch(ifMissing),
    size: (name) => stat(path.join(root, name)).then((info) => info.size, ifMissing),
    async free() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
    // a program may listen on one address or on all: either keeps us from one of the two
    listen: async (port) => (await listen(port, "127.0.0.1")) || (await listen(port)),
    run: (command, ...args) => runProgram(command, args, { within: WITHIN }),
    answers: (url) => fetch(url, { signal: AbortSignal.timeout(2000) }).then((response) => response.ok, () => false), // prettier-ignore
    esptool: async () => (await findEsptool()).version,
    serialPorts: listPorts,
    checkAccess,
    firmware: firmwareEntries,
    settings: () => inspect(root),
    broker: (settings) => checkBroker(settings),
  };
}

function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}

function listen(port: number, host?: string): Promise<string> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve("")));
  });
}
