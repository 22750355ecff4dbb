/** Node-RED with a flow of three nodes. The benchmark includes Node-RED only where it is installed, because it is large. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { CACHE_FOLDER } from "./cache.js";
import type { Peer } from "./peer.js";

const NODE_RED_FOLDER = path.join(CACHE_FOLDER, "node-red");
const NODE_RED_SCRIPT = path.join(NODE_RED_FOLDER, "node_modules/node-red/red.js");

/** Settings that disable everything except the flow. */
const NODE_RED_SETTINGS = `module.exports = {
  httpAdminRoot: false, httpNodeRoot: false, uiHost: "127.0.0.1", uiPort: 0, telemetry: { enabled: false },
  logging: { console: { level: "error" } }, credentialSecret: false,
};
`;

const DECIDE_FUNCTION = `return {
    topic: msg.topic.replace(/telemetry$/, "commands"),
    payload: JSON.stringify({ led_on: msg.payload.light < 300 }),
};`;

function createFlow(port: number, qos: number): object[] {
  const node = { z: "flow", x: 0, y: 0 };
  return [
    { id: "flow", type: "tab", label: "nightlight", disabled: false },
    { id: "broker", type: "mqtt-broker", broker: "127.0.0.1", port: String(port), clientid: "", autoConnect: true, usetls: false, protocolVersion: "4", keepalive: "60", cleansession: true }, // prettier-ignore
    { ...node, id: "in", type: "mqtt in", topic: "nightlight/+/telemetry", qos: String(qos), datatype: "json", broker: "broker", inputs: 0, wires: [["decide"]] }, // prettier-ignore
    { ...node, id: "decide", type: "function", func: DECIDE_FUNCTION, outputs: 1, wires: [["out"]] },
    { ...node, id: "out", type: "mqtt out", topic: "", qos: String(qos), retain: "false", broker: "broker", wires: [] },
  ];
}

export const nodeRedServer: Peer = {
  name: "node-red",
  title: "Node-RED",
  brokerKinds: ["mosquitto"],
  payloadFormat: "lesson",
  findInstallHint: async () =>
    existsSync(NODE_RED_SCRIPT)
      ? undefined
      : `npm install --prefix ${path.relative(process.cwd(), NODE_RED_FOLDER)} node-red@4`,
  async createStartCommand({ port, qos, folder }) {
    const settings = path.join(folder, "settings.js");
    await writeFile(settings, NODE_RED_SETTINGS);
    await writeFile(path.join(folder, "flows.json"), JSON.stringify(createFlow(port, qos)));
    return {
      command: process.execPath,
      args: [NODE_RED_SCRIPT, "--settings", settings, "--userDir", folder, "flows.json"],
    };
  },
};
