import type { Command } from "commander";
import { readFlags } from "./flags.js";
import type { Environment } from "../common/environment.js";
import { describeFormerDataFolder, findFormerDataFolder } from "./former-data-folder.js";
import { loadConfiguration } from "./load.js";

/**
 * Returns the data folder that the server would use, for subcommands that work on this folder.
 * @param command the subcommand; its root command has the server's flags
 * @param warn called with a sentence if there is another data folder, which an earlier version has used
 * @throws ConfigurationError when the folder depends on the configuration file, and the file is invalid
 */
export function dataFolderOf(
  command: Command,
  env: Environment = process.env,
  warn: (problem: string) => void = () => {},
): string {
  const { data } = readFlags(command, env).data;
  // If a flag or variable sets the folder, ignore the file, so that the command works although the file has mistakes.
  if (typeof data === "string") return data;
  const loaded = loadConfiguration(command, env);
  const former = findFormerDataFolder(loaded);
  if (former !== undefined) warn(describeFormerDataFolder(former, loaded.options.data));
  return loaded.options.data;
}
