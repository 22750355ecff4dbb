/** The bare servers in JavaScript, on the same packages that ours stands on. */
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

/** Sends commands as our server does, which costs most at QoS 0: an acknowledgement of each comes back. */
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

/** Keeps retained messages, sessions and queues on disk, as our broker does; its commands are retained and of QoS 1. */
export const aedesOnDisk: Peer = {
  ...{ name: "aedes-level", title: "`aedes` with `aedes-persistence-level`", places: ["embedded"], form: "lesson" },
  missing: async () => undefined,
  program: async ({ port, folder }) => ({
    command: process.execPath,
    args: [levelProgram, String(port), path.join(folder, "level")],
  }),
};
