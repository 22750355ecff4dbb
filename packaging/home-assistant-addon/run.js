// Starts nightlight-server as an add-on of Home Assistant: turns the add-on's options into variables, gives up root, and
// imports the server. The tests import this module, so it only runs as the main program.
import { lchownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Folder that the Supervisor keeps and backs up. */
const DATA_FOLDER = "/data/nightlight";
/** Folder of the add-on's own configuration, which people can edit with the File editor (map `addon_config`). */
const CONFIG_FOLDER = "/config";
/** User and group `node` of the image. */
const NODE_ID = 1000;

/** The variable of the server for each option of the add-on. `config.yaml` has the same options. */
export const OPTION_VARIABLES = {
  ingress_role: "NIGHTLIGHT_INGRESS",
  log_messages: "NIGHTLIGHT_LOG_MESSAGES",
  broker: "NIGHTLIGHT_BROKER",
  username: "NIGHTLIGHT_USERNAME",
  password: "NIGHTLIGHT_PASSWORD",
};

/** Settings that the Supervisor relies on, so that no configuration file can change them. */
const FIXED_VARIABLES = {
  NIGHTLIGHT_HOST: "0.0.0.0",
  NIGHTLIGHT_DATA: DATA_FOLDER,
  NIGHTLIGHT_HTTP_PORT: "8080",
  NIGHTLIGHT_MQTT_PORT: "1883",
};

/** Returns the variables of the server for the options of the add-on. Options without a value are left out. */
export function variablesOf(options) {
  const variables = { ...FIXED_VARIABLES };
  for (const [option, variable] of Object.entries(OPTION_VARIABLES))
    if (options[option] !== undefined && options[option] !== "") variables[variable] = String(options[option]);
  return variables;
}

/** Makes the user `node` the owner of a folder and everything in it. Does not follow symbolic links. */
export function giveToNode(folder) {
  lchownSync(folder, NODE_ID, NODE_ID);
  // visits folders one by one, because the option "recursive" follows symbolic links to folders
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) giveToNode(file);
    else lchownSync(file, NODE_ID, NODE_ID);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Object.assign(process.env, variablesOf(JSON.parse(readFileSync("/data/options.json", "utf8"))));
  for (const folder of [DATA_FOLDER, CONFIG_FOLDER]) {
    mkdirSync(folder, { recursive: true });
    giveToNode(folder);
  }
  process.setgroups([]);
  process.setgid(NODE_ID);
  process.setuid(NODE_ID);
  // The server reads and writes nightlight.yaml in its working directory.
  process.chdir(CONFIG_FOLDER);
  await import("../server/bin/nightlight-server.js");
}
