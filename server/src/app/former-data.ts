import { existsSync } from "node:fs";
import { StartError } from "../common/errors.js";
import type { LoadedConfiguration } from "../config/load.js";
import {
  describeFormerDataFolder,
  explainFormerDataFolder,
  findFormerDataFolder,
} from "../config/former-data-folder.js";
import type { Log } from "../observability/log.js";
import { usersFilePath } from "../security/users-file.js";

/**
 * Throws if the working directory contains accounts of an earlier version, and the data folder contains none. The server
 * would let everybody in, because it would not know these accounts.
 * @param startCommand the command that starts the server, such as `npm start --`
 * @param directory the working directory
 * @throws StartError that says how to use or move the former data
 */
export function refuseToIgnoreAccounts(
  loaded: LoadedConfiguration,
  startCommand: string,
  directory = process.cwd(),
): void {
  const former = findFormerDataFolder(loaded, directory);
  const { data } = loaded.options;
  if (former === undefined || !existsSync(usersFilePath(former)) || existsSync(usersFilePath(data))) return;
  const advice = explainFormerDataFolder(former, data, startCommand);
  throw new StartError(`${describeFormerDataFolder(former, data)} It contains accounts. ${advice}`);
}

/**
 * Logs that the working directory contains the data folder of an earlier version, and how to use that data.
 * @param startCommand the command that started the server, such as `npm start --`
 */
export function reportFormerData(loaded: LoadedConfiguration, log: Log, startCommand: string): void {
  const former = findFormerDataFolder(loaded);
  if (former === undefined) return;
  const { data } = loaded.options;
  const advice = explainFormerDataFolder(former, data, startCommand);
  log.warn("storage", `${describeFormerDataFolder(former, data)} ${advice}`, { former, data });
}
