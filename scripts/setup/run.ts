/** `npm run setup` from the first question to the file. */
import { CommanderError } from "commander";
import { parsingProblem, UsageError } from "nightlight-server";
import { gather } from "./answers.js";
import { checkBroker, type CheckBroker } from "./broker-check.js";
import { parseAsDeviceScript } from "./devicescript.js";
import { parseFlags, type Flags } from "./flags.js";
import { isLoopback, ownAddresses } from "./hosts.js";
import { proposeId } from "./id.js";
import { toSettings, urlOf, type BoardSettings } from "./settings.js";
import { FILE, PREVIOUS, readText, store } from "./store.js";
import { createTerminal, Stopped, type Terminal } from "./terminal.js";
import { serverHint, warnings, weakPassword } from "./warnings.js";

/** What setup touches, so that a test can bring its own. */
export interface World {
  /** The project's folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** Addresses of this computer, the likeliest first. */
  readonly addresses: readonly string[];
  readonly check: CheckBroker;
}

/** @returns the exit code: 0, 1 when nothing was written, 2 when something is wrong with the flags */
export async function runSetup(args: readonly string[], world: Partial<World> & Pick<World, "root">): Promise<number> {
  const terminal = world.terminal ?? createTerminal();
  try {
    const flags = parseFlags(args, (text) => terminal.say(text.trimEnd()));
    return await setup(flags, { env: process.env, addresses: ownAddresses(), check: checkBroker, ...world, terminal });
  } catch (error) {
    if (error instanceof CommanderError) {
      const { text, code } = parsingProblem(error, "See npm run setup -- --help.");
      if (text) terminal.say(text);
      return code;
    }
    terminal.say(error instanceof UsageError ? `${error.message} Nothing was changed.` : (error as Error).message);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function setup(flags: Flags, { root, env, terminal, addresses, check }: World): Promise<number> {
  const { say } = terminal;
  const asks = terminal.interactive && !flags.yes;
  if (!asks && !flags.yes)
    throw new UsageError("Nobody is there to ask: give --yes to take what .env.local says, or what would be proposed.");
  const present = parseAsDeviceScript((await readText(root)) ?? "");
  if (asks) say(`What a board needs to know goes into ${FILE}, which only you can read and Git ignores.\n`);
  let settings = await gather(flags, {
    present,
    env,
    addresses,
    proposeId,
    lines: () => terminal.lines(),
    say,
    ...(asks && { ask: terminal.ask.bind(terminal) }),
  });

  const confirm = async (question: string, usual: boolean): Promise<boolean> => {
    const text = (await terminal.ask(`${question} ${usual ? "[Y/n]" : "[y/N]"} `)).trim();
    return text === "" ? usual : /^y/i.test(text);
  };
  const [own] = addresses;
  if (asks && own && isLoopback(settings.broker.host)) {
    say(`A board cannot reach ${settings.broker.host}: there it looks for the broker on itself.`);
    if (await confirm(`Take ${own}, this computer's address in your network, instead?`, true))
      settings = { ...settings, broker: { ...settings.broker, host: own } };
  }
  say(`\n${summary(settings)}`);
  for (const warning of [...warnings(settings), weakPassword(settings)]) if (warning) say(`Warning: ${warning}`);

  const problem = flags.check ? await check(settings) : "";
  if (problem) say(`Warning: ${problem}`);
  else if (flags.check) say("The broker answers, and lets the board in.");
  if (problem && !asks) throw new Error(`Nothing was changed. Give --no-check to write ${FILE} all the same.`);
  if (asks && !(await confirm(problem ? `Write ${FILE} all the same?` : `Write ${FILE}?`, !problem)))
    throw new Stopped("Nothing was changed.");

  const existed = (await readText(root)) !== undefined;
  const changed = await store(root, toSettings(settings));
  say(changed ? `${FILE} is written${existed ? `; what it was is in ${PREVIOUS}` : ""}.` : `${FILE} is as it was.`);
  const hint = serverHint(settings);
  if (hint) say(hint);
  say("Each board needs an id of its own: run this again before you flash another one.");
  return 0;
}

/** What will be written, without passwords. */
function summary({ ssid, wifiPassword, broker, user, password, id }: BoardSettings): string {
  const secret = (text: string) => (text ? "with a password" : "without a password");
  return [
    `Wi-Fi    ${ssid}, ${secret(wifiPassword)}`,
    `broker   ${urlOf(broker)}`,
    `user     ${user ? `${user}, ${secret(password)}` : "none"}`,
    `id       ${id || "nightlight/ and six digits of the board's own"}`,
  ].join("\n");
}
