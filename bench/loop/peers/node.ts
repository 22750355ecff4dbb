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
    findInstallHint: async () => undefined,
    createStartCommand: async ({ port, qos }) => ({
      command: process.execPath,
      args: [file, String(port), String(qos)],
    }),
  };
}

export const minimalMqttJsServer = createMinimalPeer("mqtt", "bare server on `mqtt`", "mosquitto");
export const minimalAedesServer = createMinimalPeer("aedes", "bare server with `aedes`", "embedded");
export const socketsOnlyServer = createMinimalPeer("least", "the least: sockets and JSON, nothing else", "embedded");

/**
 * An Aedes server that sends retained commands at QoS 1, as our server does. Clients therefore acknowledge each
 * command, even in QoS 0 scenarios.
 */
export const aedesServerRetaining: Peer = {
  ...minimalAedesServer,
  name: "aedes-contract",
  title: "`aedes`, commands retained at QoS 1 as ours",
  async createStartCommand(task) {
    const { command, args } = await minimalAedesServer.createStartCommand(task);
    return { command, args: [...args, "contract"] };
  },
};

const AEDES_LEVEL_PROGRAM = fileURLToPath(new URL("programs/aedes-level.mjs", import.meta.url));

/** An Aedes server that stores retained messages, sessions and queues on disk like ours, and retains commands at QoS 1. */
export const aedesServerOnDisk: Peer = {
  ...{
    name: "aedes-level",
    title: "`aedes` with `aedes-persistence-level`",
    brokerKinds: ["embedded"],
    payloadFormat: "lesson",
  },
  findInstallHint: async () => undefined,
  createStartCommand: async ({ port, folder }) => ({
    command: process.execPath,
    args: [AEDES_LEVEL_PROGRAM, String(port), path.join(folder, "level")],
  }),
};
