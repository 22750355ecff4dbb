import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { LoadedConfiguration } from "./load.js";

/** The default data folder of earlier versions, in the working directory. */
const FORMER_DATA_FOLDER = ".nightlight";

/**
 * Returns the absolute path of the data folder that an earlier version left in a working directory; undefined if there
 * is none, or if the configuration says which data folder to use.
 */
export function findFormerDataFolder(
  { origin, configuration }: Pick<LoadedConfiguration, "origin" | "configuration">,
  directory = process.cwd(),
): string | undefined {
  const former = path.join(directory, FORMER_DATA_FOLDER);
  if (origin(["data"]) !== undefined || former === configuration.data) return undefined;
  try {
    return readdirSync(former).length > 0 ? former : undefined;
  } catch {
    return undefined;
  }
}

/** Says that there is a data folder of an earlier version that the server does not use. */
export function describeFormerDataFolder(former: string, folder: string): string {
  return `${former} contains data of an earlier version, but the server uses ${folder}.`;
}

/**
 * Explains how to use the data of an earlier version.
 * @param startCommand the command that starts the server, such as `npm start --`
 */
export function explainFormerDataFolder(
  former: string,
  folder: string,
  startCommand: string,
  platform = process.platform,
): string {
  const move = platform === "win32" ? "move" : "mv";
  const moveCommand = (from: string, to: string): string => `${move} "${from}" "${to}"`;
  const parent = path.dirname(folder);
  const first = existsSync(folder)
    ? [moveCommand(folder, findUnusedName(folder))]
    : existsSync(parent)
      ? []
      : [`mkdir ${platform === "win32" ? "" : "-p "}"${parent}"`];
  const commands = [...first, moveCommand(former, folder)].join(", then ");
  return `To keep using it, run: ${startCommand} --data ${FORMER_DATA_FOLDER}. To move it, stop the server and run: ${commands}`;
}

/** Returns a name next to a folder for setting the folder aside. */
function findUnusedName(folder: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${folder}-${n}`)) return `${folder}-${n}`;
}
