/** Minimal JavaScript servers, for comparison with ours. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Peer, Place } from "./peer.js";

function bare(name: string, title: string, place: Place): Peer {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  return {
    name,
    title,
    places: [place],
    form: "lesson",
    missing: async () => undefined,
    program: async ({ port, qos }) => ({ command: process.execPath, args: [file, String(port), String(qos)] }),
  };
}

export const bareMqtt = bare("mqtt", "bare server on `mqtt`", "mosquitto");
export const bareAedes = bare("aedes", "bare server with `aedes`", "embedded");
export const leastOfAll = bare("least", "the least: sockets and JSON, nothing else", "embedded");

/** Sends commands retained at QoS 1 as our server does. Clients then acknowledge each command, even in QoS 0 scenarios. */
export const aedesByContract: Peer = {
  ...bareAedes,
  name: "aedes-contract",
  title: "`aedes`, commands retained at QoS 1 as ours",
  async program(task) {
    const { command, args } = await bareAedes.program(task);
    return { command, args: [...args, "contract"] };
  },
};

const levelProgram = fileURLToPath(new URL("programs/aedes-level.mjs", import.meta.url));

/** Stores retained messages, sessions and queues on disk, as our broker does. Its commands are retained at QoS 1. */
export const aedesOnDisk: Peer = {
  ...{ name: "aedes-level", title: "`aedes` with `aedes-persistence-level`", places: ["embedded"], form: "lesson" },
  missing: async () => undefined,
  program: async ({ port, folder }) => ({
    command: process.execPath,
    args: [levelProgram, String(port), path.join(folder, "level")],
  }),
};
