/** All benchmarked servers, in the order of the tables. */
import type { Peer } from "./peer.js";
import { cServer, cServerRetaining } from "./c.js";
import {
  aedesServerRetaining,
  aedesServerOnDisk,
  minimalAedesServer,
  minimalMqttJsServer,
  socketsOnlyServer,
} from "./node.js";
import { nodeRedServer } from "./node-red.js";
import { createNightlightPeer } from "./ours.js";
import { pythonServer } from "./python.js";

export function listPeers(profile?: string): Peer[] {
  return [
    createNightlightPeer("lesson", { profile }),
    createNightlightPeer("full", { profile }),
    createNightlightPeer("lesson", { profile, json: true }),
    minimalMqttJsServer,
    cServer,
    cServerRetaining,
    nodeRedServer,
    pythonServer,
    minimalAedesServer,
    aedesServerRetaining,
    aedesServerOnDisk,
    socketsOnlyServer,
  ];
}
