import type { Command } from "commander";
import { UsageError } from "../common/errors.js";
import { toLocalUrlHost } from "../common/hosts.js";
import type { Environment } from "../common/environment.js";
import { loadConfiguration } from "./load.js";

/**
 * Returns the URL of the server's HTTP API on this machine, for subcommands that talk to the running server.
 * @param command the subcommand; its root command has the server's flags
 * @throws ConfigurationError when the configuration is invalid; UsageError when HTTP is off or has no fixed port
 */
export function serverUrlOf(command: Command, env: Environment = process.env): string {
  const { options, origin } = loadConfiguration(command, env);
  const { host, httpPort, tls } = options;
  if (!options.http)
    throw new UsageError(
      `The server has no HTTP API, which this command needs: ${origin(["http"])} switches it off. For another server give --url.`,
    );
  if (httpPort === 0)
    throw new UsageError("http_port is 0, so that the server takes any free port; give its address with --url.");
  return `${tls ? "https" : "http"}://${toLocalUrlHost(host)}:${httpPort}`;
}
