import { Command } from "commander";
import { COMMAND_NAME } from "../../../common/command-name.js";
import { isLoopback, withoutBrackets } from "../../../common/hosts.js";
import type { Environment } from "../../../common/environment.js";
import type { DeviceView } from "../../../devices/devices.js";
import type { UpdatesView } from "../../../http/updates/routes.js";
import { UpdateKeys } from "../../../security/update-keys.js";
import { checkDeviceId } from "../../../security/user-changes.js";
import { COMMAND_WORDING, type Wording } from "../../../security/wording.js";
import type { RolloutView } from "../../../updates/rollout.js";
import { obtainUpdateUrl } from "../../../updates/update-url.js";
import { addAccessFlags, createAccessFinder, type AccessFlags } from "../access.js";
import { parseServerUrl, requestJson } from "../api-client.js";
import type { Terminal } from "../user-password.js";
import { cancelUpdate, startRollout, startUpdate } from "./start.js";
import { describeExceptions, describeRollout, followRollout, followUpdate } from "./follow.js";
import { describeProblems, formatBoards, formatVersions } from "./list.js";

const URL_WORDING: Wording = { ...COMMAND_WORDING, deviceInput: "The device id" };

const URL_HELP = `
The URL contains the key of the board, so treat it like a password. The address must be one that the board can reach.

Examples:
  $ ${COMMAND_NAME} update url nightlight/porch --url http://192.168.1.20:8080
  $ ${COMMAND_NAME} update url nightlight/porch --url https://nas.example.org/nightlight/`;

const ALL_HELP = `
Updates one board, then a tenth of all boards, then all others in groups of a tenth. Stops when more than 2 % do not run
the new version. Then "${COMMAND_NAME} update resume" continues, and
"${COMMAND_NAME} update roll-back" installs the previous versions.

After "${COMMAND_NAME} update stop", this command continues with the same version. With a newer version it starts again.
In both cases, "${COMMAND_NAME} update roll-back" covers all boards that were updated.`;

const PROCESS_TERMINAL: Terminal = { input: process.stdin, output: process.stdout, messages: process.stderr };

/**
 * Creates the command `update`, which updates the programs of boards over the air through the running server's API.
 *
 * The actions reject with UsageError or CommandError, so use `parseAsync`.
 * @param serverUrl returns the URL of the server for a subcommand
 * @param dataFolder returns the data folder for a subcommand
 */
export function updateCommand(
  serverUrl: (command: Command) => string,
  dataFolder: (command: Command) => string,
  terminal: Terminal = PROCESS_TERMINAL,
  env: Environment = process.env,
): Command {
  const print = (line: string): void => void terminal.output.write(`${line}\n`);
  const report = (line: string): void => void terminal.messages.write(`${line}\n`);
  const command = new Command("update").description("Update the programs of boards over the air.");
  const accessOf = createAccessFinder(serverUrl, terminal, env);

  addAccessFlags(command.command("list"))
    .description("list the boards with their version and the newest one, all versions to install, and the rollout")
    .action(async (flags: AccessFlags, self: Command) => {
      const access = await accessOf(flags, self);
      const devices = (await requestJson(access, "GET", "api/devices")) as DeviceView[];
      const { rollout, versions } = (await requestJson(access, "GET", "api/updates")) as UpdatesView;
      for (const line of formatBoards(devices)) print(line);
      if (versions.length > 0) print("");
      for (const line of formatVersions(versions)) print(line);
      for (const device of devices) for (const sentence of describeProblems(device)) report(sentence);
      if (!rollout) return;
      report(describeRollout(rollout));
      for (const sentence of describeExceptions(rollout)) report(sentence);
    });

  addAccessFlags(command.command("board <id>"))
    .description("update a board, and wait until it runs the new program")
    .option("--to <version>", "install this version instead of the newest")
    .action(async (id: string, { to, ...flags }: AccessFlags & { to?: string }, self: Command) => {
      const access = await accessOf(flags, self);
      if (await startUpdate(access, id, to)) report(await followUpdate(access, id, report));
      else report(`${id} already runs ${to ?? "the newest version"}; nothing to do.`);
    });

  addAccessFlags(command.command("cancel <id>"))
    .description("give up the update of a board, if it has not begun")
    .action(async (id: string, flags: AccessFlags, self: Command) => {
      report(await cancelUpdate(await accessOf(flags, self), id));
    });

  addAccessFlags(command.command("all"))
    .description("update all boards in waves, and wait until all are updated")
    .addHelpText("after", ALL_HELP)
    .action(async (flags: AccessFlags, self: Command) => {
      const access = await accessOf(flags, self);
      if (await startRollout(access)) report(await followRollout(access, report));
      else report(`No board that is online needs an update; "${COMMAND_NAME} update list" shows all versions.`);
    });

  const ROLLOUT_ACTIONS = [
    ["stop", "finish the boards that are being updated, and start no others"],
    ["resume", "continue the update of all boards, and accept the failures so far"],
    ["roll-back", "install the previous versions on all boards that were updated"],
  ] as const;
  for (const [action, description] of ROLLOUT_ACTIONS)
    addAccessFlags(command.command(action))
      .description(description)
      .action(async (flags: AccessFlags, self: Command) => {
        const access = await accessOf(flags, self);
        const rollout = (await requestJson(access, "PUT", "api/updates/rollout", { action })) as RolloutView;
        report(action === "stop" ? describeRollout(rollout) : await followRollout(access, report));
      });

  command
    .command("url <id>")
    .description("print the UPDATE_URL of a board; creates its key if necessary")
    .option("--url <url>", "address of the server for the board (default: from the configuration)")
    .addHelpText("after", URL_HELP)
    .action(async (id: string, { url }: { url?: string }, self: Command) => {
      checkDeviceId(id, URL_WORDING);
      const server = parseServerUrl(url ?? serverUrl(self));
      const keys = new UpdateKeys(dataFolder(self));
      const isNew = (await keys.find(id)) === undefined;
      print(await obtainUpdateUrl(id, keys, server));
      if (isNew) report(`Created a key for ${id} in ${dataFolder(self)}.`);
      if (isLoopback(withoutBrackets(server.hostname)))
        report(
          `Only simulated boards reach ${server.host}; for a real board, add --url with an address that it can reach.`,
        );
    });
  return command;
}
