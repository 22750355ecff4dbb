import { COMMAND_NAME } from "../../../common/command-name.js";
import { Command } from "commander";
import type { SessionView } from "../../../broker/api.js";
import type { Environment } from "../../../common/environment.js";
import { addAccessFlags, createAccessFinder, type AccessFlags } from "../access.js";
import { displayUrl } from "../api-client.js";
import type { Terminal } from "../user-password.js";
import { clock } from "../../../time/monotonic-clock.js";
import { chooseSession, type AccountFlag } from "./choose.js";
import { endSession, fetchSessions } from "./requests.js";
import { formatAligned, COLUMN_NAMES, escapeControlCharacters, formatTabSeparated } from "./table.js";

/**
 * The output streams of the `sessions` command. Unless standard output is a TTY, the command prints output for scripts.
 */
export interface SessionsTerminal extends Terminal {
  readonly output: Terminal["output"] & { readonly isTTY?: boolean };
}

const PROCESS_TERMINAL: SessionsTerminal = { input: process.stdin, output: process.stdout, messages: process.stderr };

const LIST_HELP = `
If the output is not a terminal, columns are separated by tabs and there is no header:
${COLUMN_NAMES}.

Examples:
  $ ${COMMAND_NAME} sessions list
  $ ${COMMAND_NAME} sessions list --json | jq -r '.[] | select(.queued > 100) | .client_id'
  $ NIGHTLIGHT_TOKEN=$(cat token.txt) ${COMMAND_NAME} sessions list --url https://nightlight.example.org`;

const END_HELP = `
Disconnects the client and deletes its subscriptions and queued messages. The client can connect again with a new session.

Examples:
  $ ${COMMAND_NAME} sessions end old-phone
  $ ${COMMAND_NAME} sessions end old-phone --account ann --user boss
  $ ${COMMAND_NAME} sessions end -- -begins-with-a-dash`;

/**
 * Creates the command `sessions list | end` for the MQTT sessions of a running server's embedded broker. The command
 * uses the HTTP API, because the running server has locked the database.
 *
 * The actions reject with UsageError or CommandError, so use `parseAsync`.
 * @param serverUrl returns the URL of the server for a subcommand
 */
export function sessionsCommand(
  serverUrl: (command: Command) => string,
  terminal: SessionsTerminal = PROCESS_TERMINAL,
  env: Environment = process.env,
): Command {
  const printMessage = (text: string): void => void terminal.messages.write(`${text}\n`);
  const command = new Command("sessions").description("List and end MQTT sessions of the embedded broker.");
  const accessOf = createAccessFinder(serverUrl, terminal, env);

  addAccessFlags(command.command("list"))
    .description("list the sessions")
    .option("--json", "print the JSON of GET /api/sessions")
    .addHelpText("after", LIST_HELP)
    .action(async ({ json, ...flags }: AccessFlags & { json?: boolean }, self: Command) => {
      const access = await accessOf(flags, self);
      const sessions = await fetchSessions(access);
      if (json) terminal.output.write(`${JSON.stringify(sessions, undefined, 2)}\n`);
      else if (sessions.length === 0) printMessage(`No client has a session at ${displayUrl(access.url)}.`);
      else
        terminal.output.write(
          terminal.output.isTTY ? formatAligned(sessions, clock.wallNow()) : formatTabSeparated(sessions),
        );
    });

  addAccessFlags(command.command("end <client-id>"))
    .description("end a session; needs an administrator's account")
    .option("--account <name>", "the account of the session, when several have the same client id")
    .option("--no-account", "the session that belongs to no account")
    .addHelpText("after", END_HELP)
    .action(async (clientId: string, flags: AccessFlags & { account?: AccountFlag }, self: Command) => {
      const access = await accessOf(flags, self);
      const session = chooseSession(await fetchSessions(access), clientId, flags.account);
      await endSession(access, session);
      printMessage(describeEndedSession(session));
    });

  return command;
}

/** Describes the effect of ending a session. */
function describeEndedSession(session: SessionView): string {
  const formatCount = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  const deleted = `${formatCount(session.subscriptions, "subscription")} and ${formatCount(session.queued, "queued message")}`;
  const owner = session.account === null ? "" : ` of ${session.account}`;
  return (
    `Ended the session ${escapeControlCharacters(session.client_id)}${owner}: deleted ${deleted}.` +
    (session.connected ? " Disconnected its client, which gets a new session if it connects again." : "")
  );
}
