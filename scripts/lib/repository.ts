/** The repository that the npm scripts work on. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Lists the firmware's entry files without extension: `main` for `src/main.ts`, and one for each other board. */
export async function listFirmwareEntries(): Promise<string[]> {
  const files = await readdir(path.join(ROOT, "src"));
  return files.filter((name) => /^main\w*\.ts$/.test(name)).map((name) => name.slice(0, -".ts".length));
}
