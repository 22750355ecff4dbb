/** `npm run setup`: asks for a board's settings, tests the broker, and writes `.env.local`. */
import { CommanderError } from "commander";
import { parsingProblem, UsageError } from "nightlight-server";
import { collectSettings, type Answers } from "./answers.js";
import { checkBroker, type CheckBroker } from "./broker-check.js";
import { parseAsDeviceScript } from "./devicescript.js";
import { parseFlags, type Flags } from "./flags.js";
import { isLoopback, listOwnAddresses } from "./hosts.js";
import { proposeId } from "./id.js";
import { toSettings, updateUrlProblem, urlOf } from "./settings.js";
import { ENV_FILE, BACKUP_FILE, readEnvFile, writeEnvFile } from "./store.js";
import { createTerminal, DialogCanceledError, type Terminal } from "./terminal.js";
import { createServerHint, findWarnings, createWeakPasswordWarning } from "./warnings.js";

/** Access to the computer, which tests replace. */
export interface SetupEnvironment {
  /** The project's folder, which contains `.env.local`. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** IPv4 addresses of this computer, the most likely one first. */
  readonly addresses: readonly string[];
  readonly check: CheckBroker;
}

/**
 * Runs the command.
 * @returns the exit code: 0 for success, 1 when nothing was written, 2 when the flags are wrong
 */
export async function runSetup(
  args: readonly string[],
  environment: Partial<SetupEnvironment> & Pick<SetupEnvironment, "root">,
): Promise<number> {
  const terminal = environment.terminal ?? createTerminal();
  try {
    const flags = parseFlags(args, (text) => terminal.print(text.trimEnd()));
    return await setUpBoard(flags, {
      env: process.env,
      addresses: listOwnAddresses(),
      check: checkBroker,
      ...environment,
      terminal,
    });
  } catch (error) {
    if (error instanceof CommanderError) {
      const { text, code } = parsingProblem(error, "See npm run setup -- --help.");
      if (text) terminal.print(text);
      return code;
    }
    terminal.print(error instanceof UsageError ? `${error.message} Nothing was changed.` : (error as Error).message);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function setUpBoard(flags: Flags, { root, env, terminal, addresses, check }: SetupEnvironment): Promise<number> {
  const { print } = terminal;
  const isInteractive = terminal.interactive && !flags.yes;
  if (!isInteractive && !flags.yes)
    throw new UsageError(
      "Standard input is no terminal, so nobody can answer: give --yes to use the values of .env.local, or the proposed values.",
    );
  const existingSettings = parseAsDeviceScript((await readEnvFile(root)) ?? "");
  if (isInteractive)
    print(`The board's settings are written to ${ENV_FILE}, which only you can read and Git ignores.\n`);
  let settings = await collectSettings(flags, {
    existingSettings,
    env,
    addresses,
    proposeId,
    lines: () => terminal.lines(),
    print,
    ...(isInteractive && { ask: terminal.ask.bind(terminal) }),
  });

  const confirm = async (question: string, byDefault: boolean): Promise<boolean> => {
    const text = (await terminal.ask(`${question} ${byDefault ? "[Y/n]" : "[y/N]"} `)).trim();
    return text === "" ? byDefault : /^y/i.test(text);
  };
  const [own] = addresses;
  if (isInteractive && own && isLoopback(settings.broker.host)) {
    print(`A board cannot reach ${settings.broker.host}: on the board, that address is the board itself.`);
    if (await confirm(`Use ${own}, this computer's address in your network, instead?`, true))
      settings = { ...settings, broker: { ...settings.broker, host: own } };
  }
  print(`\n${formatSummary(settings)}`);
  for (const warning of [...findWarnings(settings), createWeakPasswordWarning(settings)])
    if (warning) print(`Warning: ${warning}`);

  const problem = flags.check ? await check(settings) : "";
  if (problem) print(`Warning: ${problem}`);
  else if (flags.check) print("The broker accepts the board.");
  if (problem && !isInteractive) throw new Error(`Nothing was changed. Give --no-check to write ${ENV_FILE} anyway.`);
  if (isInteractive && !(await confirm(problem ? `Write ${ENV_FILE} anyway?` : `Write ${ENV_FILE}?`, !problem)))
    throw new DialogCanceledError("Nothing was changed.");

  const fileExisted = (await readEnvFile(root)) !== undefined;
  const { updateUrl } = settings;
  const formerUrl = String(existingSettings.UPDATE_URL ?? "");
  const changed = await writeEnvFile(root, {
    ...toSettings(settings),
    // the line of another board must not remain, but without one, a deploy keeps the setting of a board
    ...((updateUrl || formerUrl) && { UPDATE_URL: updateUrl || undefined }),
  });
  print(
    changed
      ? `${ENV_FILE} is written${fileExisted ? `; its previous text is in ${BACKUP_FILE}` : ""}.`
      : `${ENV_FILE} is unchanged.`,
  );
  const hint = createServerHint(settings);
  if (hint) print(hint);
  if (updateUrlProblem(formerUrl, settings.id))
    print("The former UPDATE_URL is removed, because it does not belong to this board.");
  if (!updateUrl)
    print(
      `Updates over the air need UPDATE_URL, which nightlight-server update url ${settings.id || "ID"} --url http://ADDRESS:8080 prints.`,
    );
  print("Each board needs its own id: run npm run setup again before you flash another board.");
  return 0;
}

/** Summarizes the settings without passwords. */
function formatSummary({ ssid, wifiPassword, broker, user, password, id, updateUrl }: Answers): string {
  const describePassword = (text: string) => (text ? "with a password" : "without a password");
  return [
    `Wi-Fi    ${ssid}, ${describePassword(wifiPassword)}`,
    `broker   ${urlOf(broker)}`,
    `user     ${user ? `${user}, ${describePassword(password)}` : "none"}`,
    `id       ${id || "nightlight/ and six digits chosen by the board"}`,
    `updates  ${updateUrl ? "over the air" : "by cable"}`,
  ].join("\n");
}
