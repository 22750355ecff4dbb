/** Reads the modification times of files, so that a build can skip outputs that are newer than their sources. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../lib/repository.js";

/** Returns the latest modification time below these paths of the repository, in ms; 0 when none of them exists. */
export async function findLatestModification(...paths: string[]): Promise<number> {
  let latest = 0;
  for (const name of paths) {
    const file = path.join(ROOT, name);
    const info = await stat(file).catch(() => undefined);
    if (!info) continue;
    if (!info.isDirectory()) latest = Math.max(latest, info.mtimeMs);
    else
      for (const entry of await readdir(file))
        latest = Math.max(latest, await findLatestModification(path.join(name, entry)));
  }
  return latest;
}
