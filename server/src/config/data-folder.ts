import type { Command } from "commander";
import { readFlags, type Environment } from "./flags.js";
import { loadConfiguration } from "./load.js";

/**
 * Returns the data folder that the server would use, for subcommands that work on this folder.
 * @param command the subcommand; its root command has the server's flags
 * @throws ConfigurationError when the folder depends on the configuration file, and the file is invalid
 */
export function dataFolderOf(command: Command, env: Environment = process.env): string {
  const { data } = readFlags(command, env).data;
  // If a flag or variable sets the folder, ignore the file, so that the command works although the file has mistakes.
  return typeof data === "string" ? data : loadConfiguration(command, env).options.data;
}
