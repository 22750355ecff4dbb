import type { Command } from "commander";
import { readFlags, type Environment } from "./flags.js";
import { loadConfiguration } from "./load.js";

/**
 * The server's data folder, for subcommands that work on it: as the server itself would choose it.
 * @param command the subcommand, whose root has the server's flags
 * @throws ConfigurationError when the file must be read, and is wrong
 */
export function dataFolderOf(command: Command, env: Environment = process.env): string {
  const { data } = readFlags(command, env).data;
  // a flag or a variable goes before the file: then a mistake in the file need not keep anybody out
  return typeof data === "string" ? data : loadConfiguration(command, env).options.data;
}
