/** Servers in C on libmosquitto, compiled on demand. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CACHE_FOLDER } from "./cache.js";
import type { Peer } from "./peer.js";

const C_SOURCE = fileURLToPath(new URL("programs/server.c", import.meta.url));
const C_BINARY = path.join(CACHE_FOLDER, process.platform === "win32" ? "server-c.exe" : "server-c");

async function compileCServer(): Promise<string | undefined> {
  await mkdir(CACHE_FOLDER, { recursive: true });
  try {
    await promisify(execFile)("cc", ["-O2", "-o", C_BINARY, C_SOURCE, "-lmosquitto"]);
    return undefined;
  } catch (error) {
    const compilerOutput = (error as { stderr?: string }).stderr ?? "";
    if (compilerOutput && !/mosquitto\.h|-lmosquitto/.test(compilerOutput))
      throw new Error(`${C_SOURCE} cannot be compiled: ${compilerOutput}`, { cause: error });
    return compilerOutput ? "apt-get install libmosquitto-dev" : "apt-get install gcc libmosquitto-dev";
  }
}

function createCPeer(name: string, title: string, ...extraArgs: string[]): Peer {
  return {
    ...{ name, title, brokerKinds: ["mosquitto"], payloadFormat: "lesson", findInstallHint: compileCServer },
    createStartCommand: async ({ port, qos }) => ({
      command: C_BINARY,
      args: [String(port), String(qos), ...extraArgs],
    }),
  };
}

export const cServer = createCPeer("c", "C on libmosquitto");
/** A C server that sends retained commands at QoS 1, as our server does. Both settings affect the broker's work. */
export const cServerRetaining = createCPeer("c-contract", "C, commands retained at QoS 1 as ours", "contract");
