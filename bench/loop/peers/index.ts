/** All benchmarked servers, in the order of the tables. */
import type { Peer } from "./peer.js";
import { inC, inCByContract } from "./c.js";
import { aedesByContract, aedesOnDisk, bareAedes, bareMqtt, leastOfAll } from "./node.js";
import { nodeRed } from "./node-red.js";
import { ours } from "./ours.js";
import { inPython } from "./python.js";

export function allPeers(profile?: string): Peer[] {
  return [
    ours("lesson", { profile }),
    ours("full", { profile }),
    ours("lesson", { profile, json: true }),
    bareMqtt,
    inC,
    inCByContract,
    nodeRed,
    inPython,
    bareAedes,
    aedesByContract,
    aedesOnDisk,
    leastOfAll,
  ];
}
