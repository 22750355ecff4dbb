/** Minimal JavaScript servers, for comparison with ours. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Peer, BrokerKind } from "./peer.js";

function createMinimalPeer(name: string, title: string, brokerKind: BrokerKind): Peer {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  return {
    name,
    title,
    brokerKinds: [brokerKind],
    payloadFormat: "lesson",
    installHint: async () => undefined,
    startCommand: async ({ port, qos }) => ({ command: process.execPath, args: [file, String(port), String(qos)] }),
  };
}

export const minimalMqttJs = createMinimalPeer("mqtt", "bare server on `mqtt`", "mosquitto");
export const minimalAedes = createMinimalPeer("aedes", "bare server with `aedes`", "embedded");
export const socketsOnly = createMinimalPeer("least", "the least: sockets and JSON, nothing else", "embedded");

/** Sends retained commands at QoS 1, as our server does. Clients acknowledge each command, even in QoS 0 scenarios. */
export const aedesRetaining: Peer = {
  ...minimalAedes,
  name: "aedes-contract",
  title: "`aedes`, commands retained at QoS 1 as ours",
  async startCommand(task) {
    const { command, args } = await minimalAedes.startCommand(task);
    return { command, args: [...args, "contract"] };
  },
};

const levelProgram = fileURLToPath(new URL("programs/aedes-level.mjs", import.meta.url));

/** An Aedes server that stores retained messages, sessions and queues on disk like ours, and retains commands at QoS 1. */
export const aedesOnDisk: Peer = {
  ...{
    name: "aedes-level",
    title: "`aedes` with `aedes-persistence-level`",
    brokerKinds: ["embedded"],
    payloadFormat: "lesson",
  },
  installHint: async () => undefined,
  startCommand: async ({ port, folder }) => ({
    command: process.execPath,
    args: [levelProgram, String(port), path.join(folder, "level")],
  }),
};
