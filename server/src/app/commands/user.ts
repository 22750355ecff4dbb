import { COMMAND_NAME } from "../../common/command-name.js";
import { clock } from "../../time/monotonic-clock.js";
import { Command } from "commander";
import { textOf, UsageError } from "../../common/errors.js";
import { obtainPassword, type PasswordFlags, type Terminal } from "./user-password.js";
import { addTokenCommand, describeToken, readLastTokenUses } from "./user-tokens.js";
import {
  addUser,
  changePassword,
  checkDeviceId,
  checkUserName,
  removeUser,
  createUserExistsError,
  type RoleAssignment,
} from "../../security/user-changes.js";
import { readUsers, getUser, usersFilePath } from "../../security/users-file.js";
import { COMMAND_WORDING } from "../../security/wording.js";

interface AddFlags extends PasswordFlags {
  readonly device?: string;
  readonly reader?: boolean;
  readonly homeAssistant?: boolean;
}

const PROCESS_TERMINAL: Terminal = { input: process.stdin, output: process.stdout, messages: process.stderr };

/**
 * Creates the command `user add | password | token | remove | list`, which manages accounts. Output for scripts (generated
 * password, token, list) goes to standard output, messages for people to standard error.
 *
 * The actions reject with UsageError or StartError, so use `parseAsync`.
 * @param dataFolder returns the data folder for a subcommand
 */
export function userCommand(dataFolder: (command: Command) => string, terminal: Terminal = PROCESS_TERMINAL): Command {
  const printMessage = (text: string): void => void terminal.messages.write(`${text}\n`);
  const printOutput = (text: string): void => void terminal.output.write(`${text}\n`);
  const command = new Command("user").description("Manage accounts for the broker, the dashboard and the API.");
  const addPasswordFlags = (subcommand: Command): Command =>
    subcommand
      .option("--password-stdin", "read the password from standard input")
      .option("--generate", "generate a password and show it; recommended for boards");

  addPasswordFlags(
    command
      .command("add <name>")
      .description("add a user; an administrator unless another role is given")
      .option("--device <id>", "a board, which can only use the topics of this device")
      .option("--reader", "a user who can read everything and change nothing")
      .option(
        "--home-assistant",
        "Home Assistant, which can receive every MQTT message, switch lamps and start updates",
      ),
  ).action(async (name: string, flags: AddFlags, self: Command) => {
    const kind = roleFromFlags(name, flags);
    const folder = dataFolder(self);
    if ((await readUsers(folder)).has(name)) throw createUserExistsError(name, COMMAND_WORDING);
    const { stored, generated } = await obtainPassword(name, flags, terminal);
    const first = await addUser(folder, { ...kind, name, password: stored }, COMMAND_WORDING);
    printMessage(`The user ${name} was added in ${folder}: ${describeRole(kind)}.`);
    if (first)
      printMessage(
        "From now on everybody must log in, including boards. A running server applies this within a second.",
      );
    if (generated) showSecretOnce("password", generated);
  });

  addPasswordFlags(
    command
      .command("password <name>")
      .description("change the password of a user; also revokes the user's tokens and ends its sessions"),
  ).action(async (name: string, flags: PasswordFlags, self: Command) => {
    const folder = dataFolder(self);
    getUser(await readUsers(folder), name);
    const { stored, generated } = await obtainPassword(name, flags, terminal);
    const revoked = await changePassword(folder, name, stored);
    printMessage(`The password of ${name} was changed. Connections with the old password are closed.`);
    if (revoked > 0)
      printMessage(
        `Its tokens (${revoked}) were revoked too; make new ones with ${COMMAND_NAME} user token ${name} --expires 90d`,
      );
    if (generated) showSecretOnce("password", generated);
  });

  addTokenCommand(command, dataFolder, terminal);

  command
    .command("remove <name>")
    .description("remove a user")
    .action(async (name: string, _flags: object, self: Command) => {
      const left = await removeUser(dataFolder(self), name);
      printMessage(`The user ${name} was removed. A running server disconnects it within a few seconds.`);
      if (left === 0)
        printMessage(
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
        uses = readLastTokenUses(folder);
      } catch (error) {
        printMessage(textOf(error));
      }
      for (const [name, { role, device, tokens }] of users) {
        printOutput([name, device ?? role, ...(tokens.length > 0 ? [`tokens: ${tokens.length}`] : [])].join("\t"));
        for (const token of tokens) printOutput(describeToken(token, uses.get(token.hash), clock.wallNow()));
      }
      if (users.size === 0) printMessage(`There are no users in ${usersFilePath(folder)}.`);
    });

  function showSecretOnce(what: string, secret: string): void {
    printMessage(`New ${what}. Save it now; it is not shown again:`);
    printOutput(secret);
  }
  return command;
}

/** Returns role and device of a new user from the flags. @throws UsageError when the name or the flags are invalid */
function roleFromFlags(name: string, { device, reader, homeAssistant }: AddFlags): RoleAssignment {
  checkUserName(name);
  const given = [device !== undefined && "--device", reader && "--reader", homeAssistant && "--home-assistant"];
  const roles = given.filter((flag) => flag !== false && flag !== undefined);
  if (roles.length > 1) throw new UsageError(`A user has one role; give only one of ${roles.join(", ")}.`);
  if (reader) return { role: "reader" };
  if (homeAssistant) return { role: "home-assistant" };
  if (device === undefined) return { role: "admin" };
  checkDeviceId(device, COMMAND_WORDING);
  return { role: "device", device };
}

function describeRole({ role, device }: RoleAssignment): string {
  switch (role) {
    case "device":
      return `a board, which can only use the topics of ${device}`;
    case "reader":
      return "a reader, who can read everything and change nothing";
    case "home-assistant":
      return "Home Assistant, which can receive every MQTT message, switch lamps and start updates";
    case "admin":
      return "an administrator with all permissions";
  }
}
