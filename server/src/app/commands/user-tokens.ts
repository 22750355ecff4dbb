import { clock } from "../../time/monotonic-clock.js";
import type { Command } from "commander";
import { StartError, textOf, UsageError } from "../../common/errors.js";
import type { Terminal } from "./user-password.js";
import { readTokenUses, tokenUsesFilePath } from "../../security/token-uses.js";
import { isExpired, shortenToMinute, tokenIdOf, type StoredToken } from "../../security/tokens.js";
import { addToken, revokeTokens } from "../../security/user-changes.js";
import { COMMAND_WORDING } from "../../security/wording.js";

interface TokenFlags {
  readonly expires?: string;
  readonly revoke?: boolean;
  /** The id of the token to revoke; undefined for all tokens of the user. */
  readonly token?: string;
}

/** Adds the subcommand `token` to the command `user`. @param dataFolder returns the data folder for a subcommand */
export function addTokenCommand(
  command: Command,
  dataFolder: (command: Command) => string,
  { output, messages }: Terminal,
): void {
  command
    .command("token <name>")
    .description("create a bearer token for the API")
    .option("--expires <when>", "expiry: a duration such as 90d, or a date such as 2027-01-01 (00:00 UTC)")
    .option("--revoke", "revoke all tokens of this user instead of creating one")
    .option("--token <id>", "with --revoke: revoke only the token with this id (see user list)")
    .action(async (name: string, flags: TokenFlags, self: Command) => {
      const printMessage = (text: string): void => void messages.write(`${text}\n`);
      const problem = flagProblem(flags);
      if (problem) throw new UsageError(problem);
      if (flags.revoke) return printMessage(await revokeAndDescribe(dataFolder(self), name, flags.token));
      const now = clock.wallNow();
      const { token, stored } = await addToken(dataFolder(self), name, flags.expires, now, COMMAND_WORDING);
      const { expires } = stored;
      printMessage(`New token ${tokenIdOf(stored)}. Save it now; it is not shown again:`);
      output.write(`${token}\n`);
      printMessage(
        expires
          ? `It expires on ${shortenToMinute(expires)}.`
          : "It does not expire; --expires 90d would limit the next one.",
      );
    });
}

function flagProblem({ expires, revoke, token }: TokenFlags): string {
  if (revoke && expires !== undefined) return "Give --expires or --revoke, not both.";
  return token !== undefined && !revoke ? "--token selects a token to revoke; give --revoke too." : "";
}

/** Deletes one token of a user, or all tokens if `id` is undefined. Returns a message for the user. */
async function revokeAndDescribe(folder: string, name: string, id: string | undefined): Promise<string> {
  await revokeTokens(folder, name, id, COMMAND_WORDING);
  return id === undefined
    ? `The tokens of ${name} are no longer valid. Event streams that were opened with them end.`
    : `The token ${id} of ${name} is no longer valid. Event streams that were opened with it end.`;
}

/**
 * Returns the time of the last use of each token, in ms since 1970, by token hash.
 * @throws StartError when the file is damaged or cannot be read
 */
export function readLastTokenUses(folder: string): ReadonlyMap<string, number> {
  try {
    return readTokenUses(folder);
  } catch (error) {
    throw new StartError(
      `The last uses of tokens cannot be read from ${tokenUsesFilePath(folder)} (${textOf(error)}). A running server replaces the file.`,
    );
  }
}

/** Formats the line of `user list` for a token. @param used time of the last use, in ms since 1970 */
export function describeToken(token: StoredToken, used: number | undefined, now: number): string {
  const { made, expires } = token;
  return [
    `  token ${tokenIdOf(token)}`,
    `made ${made.slice(0, 10)}`,
    expires ? `${isExpired(token, now) ? "EXPIRED" : "expires"} ${shortenToMinute(expires)}` : "does not expire",
    used === undefined ? "not used yet" : `last used ${shortenToMinute(new Date(used).toISOString())}`,
  ].join("\t");
}
