import { COMMAND_NAME } from "../../common/command-name.js";
import { readFileSync } from "node:fs";
import type { Environment } from "../../common/environment.js";
import { textOf, UsageError } from "../../common/errors.js";
import { promptPassword, type Terminal } from "./user-password.js";

/** Command-line flags that give the credentials for the HTTP API. */
export interface CredentialFlags {
  readonly user?: string;
  readonly tokenFile?: string;
}

const TOKEN_VARIABLE = "NIGHTLIGHT_TOKEN";

/**
 * Returns the value of the `Authorization` header from `--user`, `--token-file` or the environment variable
 * NIGHTLIGHT_TOKEN.
 * @returns undefined when there are no credentials
 * @throws UsageError when the flags contradict each other, the file cannot be read, or there is no terminal for the
 * prompt
 */
export async function authorizationOf(
  { user, tokenFile }: CredentialFlags,
  terminal: Terminal,
  env: Environment,
): Promise<string | undefined> {
  if (user !== undefined && tokenFile !== undefined) throw new UsageError("Give --user or --token-file, not both.");
  if (user !== undefined) {
    const password = await promptPassword(user, terminal);
    return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  }
  if (tokenFile !== undefined) return toBearerHeader(readToken(tokenFile), tokenFile);
  const token = env[TOKEN_VARIABLE];
  return token ? toBearerHeader(token, TOKEN_VARIABLE) : undefined;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--token-file ${file} cannot be read: ${textOf(error)}.`);
  }
}

/** Validates a token and returns the value of the `Authorization` header. @param origin names the token in the error */
function toBearerHeader(text: string, origin: string): string {
  const token = text.trim();
  if (/^[\w~+/.=-]+$/.test(token)) return `Bearer ${token}`;
  throw new UsageError(`${origin} does not contain a token; ${COMMAND_NAME} user token NAME makes one.`);
}
