import { clock } from "../time/monotonic-clock.js";
import type { Command } from "commander";
import { StartError, textOf, UsageError } from "../errors.js";
import type { Terminal } from "./commands-password.js";
import { digest, generateToken } from "./scrypt.js";
import { readTokenUses, tokenUsesFile } from "./token-uses.js";
import { isExpired, parseExpiry, toMinute, tokenId, type StoredToken } from "./tokens.js";
import { changeUsers, userOf } from "./users-file.js";

interface TokenFlags {
  readonly expires?: string;
  readonly revoke?: boolean;
  /** The id of the token to revoke; undefined for all tokens of the user. */
  readonly token?: string;
}

/** Adds `token` to the command `user`. @param dataFolder the data folder, from a subcommand and its parents */
export function addTokenCommand(
  command: Command,
  dataFolder: (command: Command) => string,
  { output, messages }: Terminal,
): void {
  command
    .command("token <name>")
    .description("make a bearer token for the API")
    .option("--expires <when>", "when it ends: after a time such as 90d, or with the beginning (UTC) of 2027-01-01")
    .option("--revoke", "revoke all tokens of this user instead, and remove them from the list")
    .option("--token <id>", "with --revoke: only the token with this id in user list")
    .action(async (name: string, flags: TokenFlags, self: Command) => {
      const say = (text: string): void => void messages.write(`${text}\n`);
      const problem = flagProblem(flags);
      if (problem) throw new UsageError(problem);
      if (flags.revoke) return say(await revoke(dataFolder(self), name, flags.token));
      const now = clock.wallNow();
      const expires = flags.expires === undefined ? undefined : parseExpiry(flags.expires, now);
      const token = generateToken();
      const stored = { hash: digest(token), made: new Date(now).toISOString(), ...(expires && { expires }) };
      await changeUsers(dataFolder(self), (users) => {
        const user = userOf(users, name);
        if (user.role === "device")
          throw new UsageError(
            `${name} is a device, which may do nothing over HTTP; give an administrator or a reader.`,
          );
        users.set(name, { ...user, tokens: [...user.tokens, stored] });
      });
      say(`Its token ${tokenId(stored)}, which is shown this once and stored nowhere:`);
      output.write(`${token}\n`);
      say(
        expires ? `It expires on ${toMinute(expires)}.` : "It does not expire; --expires 90d would limit the next one.",
      );
    });
}

function flagProblem({ expires, revoke, token }: TokenFlags): string {
  if (revoke && expires !== undefined) return "Give --expires or --revoke, not both.";
  return token !== undefined && !revoke ? "--token names a token to revoke: give --revoke too." : "";
}

/** Removes the tokens of a user, or one of them. Returns a sentence about it. */
async function revoke(folder: string, name: string, id: string | undefined): Promise<string> {
  await changeUsers(folder, (users) => {
    const user = userOf(users, name);
    const tokens = user.tokens.filter((token) => id !== undefined && tokenId(token) !== id);
    if (id !== undefined && tokens.length === user.tokens.length)
      throw new UsageError(`${name} has no token ${id}; nightlight-server user list shows the ids.`);
    users.set(name, { ...user, tokens });
  });
  return id === undefined
    ? `The tokens of ${name} are no longer valid. Event streams that were opened with them end.`
    : `The token ${id} of ${name} is no longer valid. Event streams that were opened with it end.`;
}

/**
 * When each token was last used, in ms since 1970, by its hash.
 * @throws StartError when that cannot be read
 */
export function lastUses(folder: string): ReadonlyMap<string, number> {
  try {
    return readTokenUses(folder);
  } catch (error) {
    throw new StartError(
      `When tokens were last used cannot be read from ${tokenUsesFile(folder)} (${textOf(error)}); a running server writes the file anew.`,
    );
  }
}

/** A line of `user list` about a token. @param used when it was last used, in ms since 1970 */
export function describeToken(token: StoredToken, used: number | undefined, now: number): string {
  const { made, expires } = token;
  return [
    `  token ${tokenId(token)}`,
    ...(made ? [`made ${made.slice(0, 10)}`] : []),
    expires ? `${isExpired(token, now) ? "EXPIRED" : "expires"} ${toMinute(expires)}` : "does not expire",
    used === undefined ? "not used yet" : `last used ${toMinute(new Date(used).toISOString())}`,
  ].join("\t");
}
