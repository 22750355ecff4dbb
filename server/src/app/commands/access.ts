import type { Command } from "commander";
import type { Environment } from "../../common/environment.js";
import { parseServerUrl, type ServerAccess } from "./api-client.js";
import { authorizationOf, type CredentialFlags } from "./credentials.js";
import type { Terminal } from "./user-password.js";

/** Flags of commands that use the HTTP API of a running server. */
export interface AccessFlags extends CredentialFlags {
  readonly url?: string;
}

/** Adds the flags of `AccessFlags` to a command. */
export function addAccessFlags(command: Command): Command {
  return command
    .option("--url <url>", "URL of the running server (default: from the configuration)")
    .option("--token-file <file>", "file with an API token (default: the token in NIGHTLIGHT_TOKEN)")
    .option("--user <name>", "log in as this user; asks for the password");
}

/**
 * Returns a function that finds the server and the credentials from a command's flags. The function throws UsageError
 * for an invalid URL, and for credentials that cannot be read.
 * @param serverUrl returns the URL of the server in the configuration, for a command without `--url`
 */
export function createAccessFinder(serverUrl: (command: Command) => string, terminal: Terminal, env: Environment) {
  return async ({ url, ...credentials }: AccessFlags, self: Command): Promise<ServerAccess> => {
    const parsed = parseServerUrl(url ?? serverUrl(self));
    return { url: parsed, authorization: await authorizationOf(credentials, terminal, env) };
  };
}
