/** All benchmarked servers, in the order of the tables. */
import type { Peer } from "./peer.js";
import { cServer, cServerByContract } from "./c.js";
import { aedesByContract, aedesOnDisk, minimalAedes, minimalMqttJs, socketsOnly } from "./node.js";
import { nodeRed } from "./node-red.js";
import { nightlightServer } from "./ours.js";
import { pythonServer } from "./python.js";

export function allPeers(profile?: string): Peer[] {
  return [
    nightlightServer("lesson", { profile }),
    nightlightServer("full", { profile }),
    nightlightServer("lesson", { profile, json: true }),
    minimalMqttJs,
    cServer,
    cServerByContract,
    nodeRed,
    pythonServer,
    minimalAedes,
    aedesByContract,
    aedesOnDisk,
    socketsOnly,
  ];
}
