import { clock } from "../../time/monotonic-clock.js";
import { Command } from "commander";
import { DEFAULT_PREFIX, idProblem, serverStatusTopic, topicOf } from "../../../../contract/index.js";
import { textOf, UsageError } from "../../common/errors.js";
import type { Role } from "../../security/accounts.js";
import { newPassword, type PasswordFlags, type Terminal } from "./user-password.js";
import { addTokenCommand, describeToken, lastUses } from "./user-tokens.js";
import { changeUsers, readUsers, USER_NAME, userOf, usersFile, type StoredUser } from "../../security/users-file.js";

interface AddFlags extends PasswordFlags {
  readonly device?: string;
  readonly reader?: boolean;
}

const PROCESS: Terminal = { input: process.stdin, output: process.stdout, messages: process.stderr };

/**
 * Creates the command `user add | password | token | remove | list`, which manages accounts. Output for scripts (generated
 * password, token, list) goes to standard output, messages for people to standard error.
 *
 * The actions reject with UsageError or StartError, so use `parseAsync`.
 * @param dataFolder returns the data folder for a subcommand
 */
export function userCommand(dataFolder: (command: Command) => string, terminal: Terminal = PROCESS): Command {
  const say = (text: string): void => void terminal.messages.write(`${text}\n`);
  const show = (text: string): void => void terminal.output.write(`${text}\n`);
  const command = new Command("user").description("Manage accounts for the broker, the dashboard and the API.");
  const withPassword = (subcommand: Command): Command =>
    subcommand
      .option("--password-stdin", "read the password from standard input")
      .option("--generate", "generate a password and show it; recommended for boards");

  withPassword(
    command
      .command("add <name>")
      .description("add a user; an administrator unless --device or --reader is given")
      .option("--device <id>", "a board, which can only use the topics of this device")
      .option("--reader", "a user who can read everything and change nothing"),
  ).action(async (name: string, flags: AddFlags, self: Command) => {
    const kind = roleFromFlags(name, flags);
    const folder = dataFolder(self);
    if ((await readUsers(folder)).has(name)) throw userExistsError(name);
    const { stored, generated } = await newPassword(name, flags, terminal);
    let first = false;
    await changeUsers(folder, (users) => {
      if (users.has(name)) throw userExistsError(name);
      if (kind.device !== undefined) checkPrefix(kind.device, users);
      first = users.size === 0;
      users.set(name, { ...kind, password: stored, tokens: [] });
    });
    say(`The user ${name} was added: ${describeRole(kind)}.`);
    if (first)
      say("From now on everybody must log in, including boards. A running server applies this within a second.");
    if (generated) showSecretOnce("password", generated);
  });

  withPassword(
    command
      .command("password <name>")
      .description("change the password of a user; also revokes the user's tokens and ends its sessions"),
  ).action(async (name: string, flags: PasswordFlags, self: Command) => {
    const folder = dataFolder(self);
    userOf(await readUsers(folder), name);
    const { stored, generated } = await newPassword(name, flags, terminal);
    let revoked = 0;
    await changeUsers(folder, (users) => {
      const user = userOf(users, name);
      revoked = user.tokens.length;
      users.set(name, { ...user, password: stored, tokens: [] });
    });
    say(`The password of ${name} was changed. Connections with the old password are closed.`);
    if (revoked > 0)
      say(
        `Its tokens (${revoked}) were revoked too; make new ones with nightlight-server user token ${name} --expires 90d`,
      );
    if (generated) showSecretOnce("password", generated);
  });

  addTokenCommand(command, dataFolder, terminal);

  command
    .command("remove <name>")
    .description("remove a user")
    .action(async (name: string, _flags: object, self: Command) => {
      let left = 0;
      await changeUsers(dataFolder(self), (users) => {
        userOf(users, name);
        users.delete(name);
        left = users.size;
      });
      say(`The user ${name} was removed. A running server disconnects it within a few seconds.`);
      if (left === 0)
        say(
          "No accounts are left: after its next start, the server accepts everybody on this machine without a login.",
        );
    });

  command
    .command("list")
    .description("list the users and their tokens, with the last use of each token")
    .action(async (_flags: object, self: Command) => {
      const folder = dataFolder(self);
      const users = await readUsers(folder);
      let uses: ReadonlyMap<string, number> = new Map();
      try {
        uses = lastUses(folder);
      } catch (error) {
        say(textOf(error));
      }
      for (const [name, { role, device, tokens }] of users) {
        show([name, device ?? role, ...(tokens.length > 0 ? [`tokens: ${tokens.length}`] : [])].join("\t"));
        for (const token of tokens) show(describeToken(token, uses.get(token.hash), clock.wallNow()));
      }
      if (users.size === 0) say(`There are no users in ${usersFile(folder)}.`);
    });

  function showSecretOnce(what: string, secret: string): void {
    say(`New ${what}. Save it now; it is not shown again:`);
    show(secret);
  }
  return command;
}

/** Returns role and device of a new user from the flags. @throws UsageError when the name or the flags are invalid */
function roleFromFlags(name: string, { device, reader }: AddFlags): { role: Role; device?: string } {
  if (!USER_NAME.test(name))
    throw new UsageError(
      `"${name}" cannot be a user name: it begins with a letter or digit, and has up to 64 letters, digits and . _ @ -`,
    );
  if (device === undefined) return { role: reader ? "reader" : "admin" };
  if (reader) throw new UsageError("Give --device or --reader, not both.");
  const problem = idProblem(device) || (device === DEFAULT_PREFIX ? "its status would be the server's own" : "");
  if (problem) throw new UsageError(`--device "${device}" is not allowed: ${problem}.`);
  return { role: "device", device };
}

/**
 * Rejects a device id if the status topic of one device would be the server status topic of another.
 * @throws UsageError when the id is not allowed
 */
function checkPrefix(device: string, users: ReadonlyMap<string, StoredUser>): void {
  for (const { device: other } of users.values())
    for (const [above, below] of [
      [device, other],
      [other, device],
    ])
      if (above && below && topicOf(above, "status") === serverStatusTopic(below))
        throw new UsageError(
          `--device "${device}" is not allowed: ${above}/status is the server status for ${below}; give one of them another id.`,
        );
}

function describeRole({ role, device }: { role: Role; device?: string }): string {
  if (role === "device") return `a board, which can only use the topics of ${device}`;
  return role === "reader"
    ? "a reader, who can read everything and change nothing"
    : "an administrator with all permissions";
}

function userExistsError(name: string): UsageError {
  return new UsageError(
    `The user ${name} exists already; change its password with nightlight-server user password ${name}.`,
  );
}
