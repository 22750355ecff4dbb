import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../../scripts/lib/repository.js";
import { readMqttPackage } from "../../support/mqtt-package.js";

/**
 * Returns the source texts of a board's firmware by path, for `compile`. The entry file becomes `src/main.ts`.
 * @param root the folder with the entry file; all other files come from this repository
 * @param change modifies the text of the entry file
 */
export function readFirmwareSources(
  root: string,
  entry: string,
  change = (text: string) => text,
): Record<string, string> {
  const main = change(readFileSync(path.join(root, `src/${entry}.ts`), "utf8"));
  return { ...readSources("contract"), ...readSources("src"), ...readMqttPackage(), "src/main.ts": main };
}

function readSources(name: string): Record<string, string> {
  const files = readdirSync(path.join(ROOT, name), { recursive: true, encoding: "utf8" })
    .map((file) => `${name}/${file.replaceAll(path.sep, "/")}`)
    .filter((file) => file.endsWith(".ts"));
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(ROOT, file), "utf8")]));
}
