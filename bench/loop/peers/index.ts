/** All benchmarked servers, in the order of the tables. */
import type { Peer } from "./peer.js";
import { cServer, cServerRetaining } from "./c.js";
import { aedesRetaining, aedesOnDisk, minimalAedes, minimalMqttJs, socketsOnly } from "./node.js";
import { nodeRed } from "./node-red.js";
import { createNightlightPeer } from "./ours.js";
import { pythonServer } from "./python.js";

export function listPeers(profile?: string): Peer[] {
  return [
    createNightlightPeer("lesson", { profile }),
    createNightlightPeer("full", { profile }),
    createNightlightPeer("lesson", { profile, json: true }),
    minimalMqttJs,
    cServer,
    cServerRetaining,
    nodeRed,
    pythonServer,
    minimalAedes,
    aedesRetaining,
    aedesOnDisk,
    socketsOnly,
  ];
}
