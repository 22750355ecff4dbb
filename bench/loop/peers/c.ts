/** Servers in C on libmosquitto, compiled on demand. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CACHE } from "./cache.js";
import type { Peer } from "./peer.js";

const SOURCE = fileURLToPath(new URL("programs/server.c", import.meta.url));
const BINARY = path.join(CACHE, process.platform === "win32" ? "server-c.exe" : "server-c");

async function compileOrExplain(): Promise<string | undefined> {
  await mkdir(CACHE, { recursive: true });
  try {
    await promisify(execFile)("cc", ["-O2", "-o", BINARY, SOURCE, "-lmosquitto"]);
    return undefined;
  } catch (error) {
    const compilerOutput = (error as { stderr?: string }).stderr ?? "";
    if (compilerOutput && !/mosquitto\.h|-lmosquitto/.test(compilerOutput))
      throw new Error(`${SOURCE} cannot be compiled: ${compilerOutput}`, { cause: error });
    return compilerOutput ? "apt-get install libmosquitto-dev" : "apt-get install gcc libmosquitto-dev";
  }
}

function cServerPeer(name: string, title: string, ...extraArgs: string[]): Peer {
  return {
    ...{ name, title, brokerKinds: ["mosquitto"], payloadFormat: "lesson", installHint: compileOrExplain },
    startCommand: async ({ port, qos }) => ({ command: BINARY, args: [String(port), String(qos), ...extraArgs] }),
  };
}

export const cServer = cServerPeer("c", "C on libmosquitto");
/** Sends commands retained at QoS 1 as our server does, because these flags change the broker's work per command. */
export const cServerByContract = cServerPeer("c-contract", "C, commands retained at QoS 1 as ours", "contract");
