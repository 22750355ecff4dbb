/** Access to the computer for the checks of `npm run doctor`. Tests pass another implementation of `System`. */
import { readFile, stat, statfs } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { createCommand, loadConfiguration } from "nightlight-server";
import { findFormerDataFolder } from "../../server/src/config/former-data-folder.js";
import { listFirmwareEntries } from "../lib/repository.js";
import { runProgram, type ProgramResult } from "../lib/run-program.js";
import type { PortInfo } from "../lib/serial/port.js";
import { checkAccess, listPorts } from "../lib/serial/ports.js";
import { checkBroker, type CheckBroker } from "../setup/broker-check.js";
import { checkEnvFile, type EnvFileCheck } from "../setup/check-env-file.js";

/** Where the server keeps its data. */
export interface DataFolderPlace {
  readonly folder: string;
  /** The data folder of an earlier version, which the server does not use; undefined if there is none. */
  readonly former: string | undefined;
}

export interface System {
  readonly platform: NodeJS.Platform;
  /** Version of Node.js, such as "20.19.0". */
  readonly nodeVersion: string;
  /** User id; undefined on Windows. */
  readonly uid: number | undefined;
  /** Reads a text file of the project; undefined when the file does not exist. */
  readFile(name: string): Promise<string | undefined>;
  /** Returns the size of a file of the project in bytes; undefined when the file does not exist. */
  getFileSize(name: string): Promise<number | undefined>;
  /** Returns the free disk space for this user on the project's disk, in bytes. */
  getFreeSpace(): Promise<number>;
  /** Tries to listen on a TCP port. Returns the error code, such as `EADDRINUSE`; "" when the port is free. */
  listen(port: number): Promise<string>;
  /** Runs another program and returns its output. Never rejects, even when the program is missing. */
  run(command: string, ...args: string[]): Promise<ProgramResult>;
  /** Returns whether an HTTP server answers with a status of 2xx. */
  answers(url: string): Promise<boolean>;
  /** Lists all serial ports. @throws StepError when that fails */
  listSerialPorts(): Promise<PortInfo[]>;
  /** Checks that this user may open a serial port. @throws StepError when the user may not */
  checkAccess(port: string): Promise<void>;
  /** Lists the firmware's entry files, such as `main`. */
  listFirmware(): Promise<string[]>;
  /** Finds the server's data folder. Rejects with a ConfigurationError if the configuration file is invalid. */
  findDataFolder(): Promise<DataFolderPlace>;
  checkSettings(): Promise<EnvFileCheck>;
  broker: CheckBroker;
}

/** Time limit in ms for a program that a check runs. */
const PROGRAM_TIMEOUT = 10_000;

/** Returns access to this computer and to the project in `root`. */
export function thisSystem(root: string): System {
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    uid: process.getuid?.(),
    readFile: (name) => readFile(path.join(root, name), "utf8").catch(ignoreMissingFile),
    getFileSize: (name) => stat(path.join(root, name)).then((info) => info.size, ignoreMissingFile),
    async getFreeSpace() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
    // tries both addresses, because another program may listen on only one of them
    listen: async (port) => (await tryToListen(port, "127.0.0.1")) || (await tryToListen(port)),
    run: (command, ...args) => runProgram(command, args, { within: PROGRAM_TIMEOUT }),
    answers: (url) => fetch(url, { signal: AbortSignal.timeout(2000) }).then((response) => response.ok, () => false), // prettier-ignore
    listSerialPorts: listPorts,
    checkAccess,
    listFirmware: listFirmwareEntries,
    findDataFolder: () =>
      Promise.resolve(createCommand().parse([], { from: "user" })).then((command) => {
        const loaded = loadConfiguration(command);
        return { folder: loaded.options.data, former: findFormerDataFolder(loaded, root) };
      }),
    checkSettings: () => checkEnvFile(root),
    broker: (settings) => checkBroker(settings),
  };
}

function ignoreMissingFile(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}

function tryToListen(port: number, host?: string): Promise<string> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve("")));
  });
}
