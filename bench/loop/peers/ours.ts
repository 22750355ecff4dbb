/** Starts our server as users run it: compiled, with default features and logging, and with its data on disk. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { PayloadFormat } from "../load/task.js";
import type { Peer } from "./peer.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Raises the limits per connection, because one connection of the load generator carries many boards. */
const NIGHTLIGHT_CONFIGURATION = `limits:
  rate: 1000000
  subscriptions: 1000000
`;

export interface NightlightServerOptions {
  /** Folder to which the server writes CPU profiles, which a browser's developer tools can open. */
  readonly profile?: string;
  /** Additional lines of the configuration file. */
  readonly configuration?: string;
  /** Whether the server logs JSON: `--log json`. */
  readonly json?: boolean;
}

export function createNightlightPeer(
  payloadFormat: PayloadFormat,
  { profile, configuration = "", json = false }: NightlightServerOptions = {},
): Peer {
  const [name, title] =
    payloadFormat === "lesson" ? ["ours", "nightlight-server"] : ["ours-full", "nightlight-server, `boot` and `seq`"];
  return {
    name: json ? `${name}-json` : name,
    title: json ? `${title}, \`--log json\`` : title,
    brokerKinds: ["mosquitto", "embedded"],
    payloadFormat,
    async findInstallHint() {
      return existsSync(path.join(ROOT, "server/dist/server/src/main.js")) ? undefined : "npm run build";
    },
    async createStartCommand({ port, brokerKind, folder }) {
      const config = path.join(folder, "nightlight.yaml");
      await writeFile(config, NIGHTLIGHT_CONFIGURATION + configuration);
      const where =
        brokerKind === "mosquitto" ? ["--broker", `mqtt://127.0.0.1:${port}`] : ["--mqtt-port", String(port)];
      const flags = ["--config", config, "--data", path.join(folder, "data"), "--http-port", "0", ...where];
      // both logs contain lines about messages, because the other programs print their messages, too
      flags.push(...(json ? ["--log", "json"] : ["--verbose"]));
      const profiling = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", path.resolve(profile)];
      return {
        command: process.execPath,
        args: [...profiling, path.join(ROOT, "server/bin/nightlight-server.js"), ...flags],
      };
    },
  };
}
