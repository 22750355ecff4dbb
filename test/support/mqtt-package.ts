/** The package devicescript-mqtt as an installed dependency of a test project. */
import { readdirSync, readFileSync } from "node:fs";

const PACKAGE = new URL("../../packages/devicescript-mqtt/", import.meta.url);

/** Returns the package's files below `node_modules`, by path, for `compile`. */
export function readMqttPackage(): Record<string, string> {
  const files = ["package.json", ...readdirSync(new URL("src", PACKAGE)).map((name) => `src/${name}`)];
  return Object.fromEntries(
    files.map((file) => [`node_modules/devicescript-mqtt/${file}`, readFileSync(new URL(file, PACKAGE), "utf8")]),
  );
}
