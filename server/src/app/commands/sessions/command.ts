import { Command } from "commander";
import type { SessionView } from "../../../broker/api.js";
import type { Environment } from "../../../config/flags.js";
import type { Terminal } from "../user-password.js";
import { clock } from "../../../time/monotonic-clock.js";
import { chooseSession, type AccountFlag } from "./choose.js";
import { endSession, fetchSessions, parseServerUrl, shown, type ServerAccess } from "./client.js";
import { authorizationOf, type CredentialFlags } from "./credentials.js";
import { aligned, COLUMNS, printable, tabSeparated } from "./table.js";

interface AccessFlags extends CredentialFlags {
  readonly url?: string;
}

/** A terminal that may be a pipe: then the output is for a script. */
export interface SessionsTerminal extends Terminal {
  readonly output: Terminal["output"] & { readonly isTTY?: boolean };
}

const PROCESS: SessionsTerminal = { input: process.stdin, output: process.stdout, messages: process.stderr };

const LIST_HELP = `
For a script the columns are separated by tabs and have no header:
${COLUMNS}.

Examples:
  $ nightlight-server sessions list
  $ nightlight-server sessions list --json | jq -r '.[] | select(.queued > 100) | .client_id'
  $ NIGHTLIGHT_TOKEN=$(cat token.txt) nightlight-server sessions list --url https://nightlight.example.org`;

const END_HELP = `
The client is disconnected; its subscriptions and the messages that wait for it are deleted. It may connect again, and
then gets a new session.

Examples:
  $ nightlight-server sessions end old-phone
  $ nightlight-server sessions end old-phone --account ann --user boss
  $ nightlight-server sessions end -- -begins-with-a-dash`;

/**
 * `sessions list | end`: the MQTT sessions of a running server's embedded broker. The commands use the HTTP API, because
 * the running server has locked the database.
 *
 * The actions reject with UsageError or CommandError: parse with `parseAsync`.
 * @param serverUrl the address of the server, from the configuration of a subcommand and its parents
 */
export function sessionsCommand(
  serverUrl: (command: Command) => string,
  terminal: SessionsTerminal = PROCESS,
  env: Environment = process.env,
): Command {
  const say = (text: string): void => void terminal.messages.write(`${text}\n`);
  const command = new Command("sessions").description(
    "The MQTT sessions of the embedded broker: which clients have one, and how to end it.",
  );
  const withAccess = (subcommand: Command): Command =>
    subcommand
      .option("--url <url>", "address of the running server (default: as the configuration says)")
      .option("--token-file <file>", "file with an API token (default: the token in NIGHTLIGHT_TOKEN)")
      .option("--user <name>", "log in as this user; asks for the password");

  async function accessOf({ url, ...credentials }: AccessFlags, self: Command): Promise<ServerAccess> {
    const parsed = parseServerUrl(url ?? serverUrl(self));
    return { url: parsed, authorization: await authorizationOf(credentials, terminal, env) };
  }

  withAccess(command.command("list"))
    .description("show the sessions")
    .option("--json", "print JSON, as GET /api/sessions answers it")
    .addHelpText("after", LIST_HELP)
    .action(async ({ json, ...flags }: AccessFlags & { json?: boolean }, self: Command) => {
      const access = await accessOf(flags, self);
      const sessions = await fetchSessions(access);
      if (json) terminal.output.write(`${JSON.stringify(sessions, undefined, 2)}\n`);
      else if (sessions.length === 0) say(`No client has a session at ${shown(access.url)}.`);
      else terminal.output.write(terminal.output.isTTY ? aligned(sessions, clock.wallNow()) : tabSeparated(sessions));
    });

  withAccess(command.command("end <client-id>"))
    .description("end a session; takes an administrator's account")
    .option("--account <name>", "the account of the session, when several have the same client id")
    .option("--no-account", "the session that belongs to no account")
    .addHelpText("after", END_HELP)
    .action(async (clientId: string, flags: AccessFlags & { account?: AccountFlag }, self: Command) => {
      const access = await accessOf(flags, self);
      const session = chooseSession(await fetchSessions(access), clientId, flags.account);
      await endSession(access, session);
      say(report(session));
    });

  return command;
}

/** Says what ending a session did. */
function report(session: SessionView): string {
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  const deleted = `${count(session.subscriptions, "subscription")} and ${count(session.queued, "queued message")}`;
  const owner = session.account === null ? "" : ` of ${session.account}`;
  return (
    `Ended the session ${printable(session.client_id)}${owner}: deleted ${deleted}.` +
    (session.connected ? " Disconnected its client, which gets a new session if it connects again." : "")
  );
}
