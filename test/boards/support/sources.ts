import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../../scripts/lib/repository.js";

/**
 * All that a board's firmware is made of, by path, with its entry as `src/main.ts`: what `compile` takes.
 * @param root where the entry is; the rest is this repository's
 * @param change what to make of the entry's text
 */
export function firmwareSources(root: string, entry: string, change = (text: string) => text): Record<string, string> {
  const main = change(readFileSync(path.join(root, `src/${entry}.ts`), "utf8"));
  return { ...folder("contract"), ...folder("src"), "src/main.ts": main };
}

function folder(name: string): Record<string, string> {
  const files = readdirSync(path.join(ROOT, name), { recursive: true, encoding: "utf8" })
    .map((file) => `${name}/${file.replaceAll(path.sep, "/")}`)
    .filter((file) => file.endsWith(".ts"));
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(ROOT, file), "utf8")]));
}
