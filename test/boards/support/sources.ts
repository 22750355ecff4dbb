import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../../scripts/lib/repository.js";

const MQTT_CLIENT = "packages/devicescript-mqtt";

/**
 * Returns the source texts of a board's firmware by path, for `compile`. The entry file becomes `src/main.ts`, and the
 * MQTT client an installed package.
 * @param root the folder with the entry file; all other files come from this repository
 * @param change modifies the text of the entry file
 */
export function firmwareSources(root: string, entry: string, change = (text: string) => text): Record<string, string> {
  const main = change(readFileSync(path.join(root, `src/${entry}.ts`), "utf8"));
  const client = Object.entries(folder(MQTT_CLIENT)).map(([file, text]) => [
    file.replace("packages", "node_modules"),
    text,
  ]);
  const manifest = readFileSync(path.join(ROOT, MQTT_CLIENT, "package.json"), "utf8");
  return {
    ...folder("contract"),
    ...folder("src"),
    ...(Object.fromEntries(client) as Record<string, string>),
    "node_modules/devicescript-mqtt/package.json": manifest,
    "src/main.ts": main,
  };
}

function folder(name: string): Record<string, string> {
  const files = readdirSync(path.join(ROOT, name), { recursive: true, encoding: "utf8" })
    .map((file) => `${name}/${file.replaceAll(path.sep, "/")}`)
    .filter((file) => file.endsWith(".ts"));
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(ROOT, file), "utf8")]));
}
