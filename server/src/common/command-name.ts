import path from "node:path";
import { fileURLToPath } from "node:url";

/** The command with which people run this program, for `--help` and for hints in messages. */
export const COMMAND_NAME = commandNameFor(fileURLToPath(import.meta.url), process.cwd());

/**
 * Returns the command for a copy of this program: `npm run server --` in a checkout of the repository, where the program
 * runs as TypeScript; `npx nightlight-server` for a package in the current folder or in the cache of npx; otherwise
 * `nightlight-server`.
 * @param file the path of this module
 */
export function commandNameFor(file: string, currentFolder: string): string {
  if (file.endsWith(".ts")) return "npm run server --";
  const isLocal = file.startsWith(path.join(currentFolder, "node_modules") + path.sep);
  return isLocal || file.split(path.sep).includes("_npx") ? "npx nightlight-server" : "nightlight-server";
}
