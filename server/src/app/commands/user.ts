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
 * `user add | password | token | remove | list`: those who are let in. What a script may use goes to standard output
 * (a generated password, a token, the list), what is said to people to standard error.
 *
 * The actions reject with UsageError or StartError: to be parsed with `parseAsync`.
 * @param dataFolder the data folder, from a subcommand and its parents
 */
export function userCommand(dataFolder: (command: Command) => string, terminal: Terminal = PROCESS): Command {
  const say = (text: string): void => void terminal.messages.write(`${text}\n`);
  const show = (text: string): void => void terminal.output.write(`${text}\n`);
  const command = new Command("user").description("Who is let in: at the broker, the dashboard and the API.");
  const withPassword = (subcommand: Command): Command =>
    subcommand
      .option("--password-stdin", "read the password from standard input")
      .option("--generate", "make a password and show it: best for boards");

  withPassword(
    command
      .command("add <name>")
      .description("add a user: an administrator, or what --device or --reader says")
      .option("--device <id>", "a board, which may only use the topics of this device")
      .option("--reader", "somebody who may look at everything and change nothing"),
  ).action(async (name: string, flags: AddFlags, self: Command) => {
    const kind = kindOf(name, flags);
    const folder = dataFolder(self);
    if ((await readUsers(folder)).has(name)) throw exists(name);
    const { stored, generated } = await newPassword(name, flags, terminal);
    let first = false;
    await changeUsers(folder, (users) => {
      if (users.has(name)) throw exists(name);
      if (kind.device !== undefined) checkPrefix(kind.device, users);
      first = users.size === 0;
      users.set(name, { ...kind, password: stored, tokens: [] });
    });
    say(`The user ${name} was added: ${powers(kind)}.`);
    if (first) say("From now on everybody must log in, boards as well. A server that runs knows it in a second.");
    if (generated) showOnce("password", generated);
  });

  withPassword(
    command
      .command("password <name>")
      .description("give a user another password; its tokens and sessions end with the old one"),
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
    say(`The password of ${name} was changed. Whoever is connected with the old one is disconnected.`);
    if (revoked > 0)
      say(
        `Its tokens (${revoked}) were revoked with it; make new ones with nightlight-server user token ${name} --expires 90d`,
      );
    if (generated) showOnce("password", generated);
  });

  addTokenCommand(command, dataFolder, terminal);

  command
    .command("remove <name>")
    .description("let a user in no more")
    .action(async (name: string, _flags: object, self: Command) => {
      let left = 0;
      await changeUsers(dataFolder(self), (users) => {
        userOf(users, name);
        users.delete(name);
        left = users.size;
      });
      say(`The user ${name} was removed. A server that runs disconnects it in a few seconds.`);
      if (left === 0)
        say("Nobody has an account now: a server that is started again lets everybody on this machine in.");
    });

  command
    .command("list")
    .description("show the users, and the tokens of each with their last use")
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

  function showOnce(what: string, secret: string): void {
    say(`Its ${what}, which is shown this once and stored nowhere:`);
    show(secret);
  }
  return command;
}

/** @throws UsageError when the name or the flags are wrong */
function kindOf(name: string, { device, reader }: AddFlags): { role: Role; device?: string } {
  if (!USER_NAME.test(name))
    throw new UsageError(
      `"${name}" cannot be a user name: it begins with a letter or digit, and has up to 64 letters, digits and . _ @ -`,
    );
  if (device === undefined) return { role: reader ? "reader" : "admin" };
  if (reader) throw new UsageError("A user is a --device or a --reader, not both.");
  const problem = idProblem(device) || (device === DEFAULT_PREFIX ? "its status would be the server's own" : "");
  if (problem) throw new UsageError(`--device "${device}" is not allowed: ${problem}.`);
  return { role: "device", device };
}

/** @throws UsageError when one device could say, in the name of the server of another, whether it is there */
function checkPrefix(device: string, users: ReadonlyMap<string, StoredUser>): void {
  for (const { device: other } of users.values())
    for (const [above, below] of [
      [device, other],
      [other, device],
    ])
      if (above && below && topicOf(above, "status") === serverStatusTopic(below))
        throw new UsageError(
          `--device "${device}" is not allowed: ${above}/status tells ${below} whether its server is there; give one of them another id.`,
        );
}

function powers({ role, device }: { role: Role; device?: string }): string {
  if (role === "device") return `a board, which may only use the topics of ${device}`;
  return role === "reader" ? "it may look at everything and change nothing" : "an administrator, who may do everything";
}

function exists(name: string): UsageError {
  return new UsageError(
    `There is a user ${name} already; nightlight-server user password ${name} gives it another password.`,
  );
}
