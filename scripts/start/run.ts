/** `npm start`: parses the flags, and starts the server and the simulated boards. */
import { randomBytes } from "node:crypto";
import { CommanderError } from "commander";
import {
  createCommand,
  closeStarted,
  createLog,
  withSettingNames,
  LiveConfiguration,
  loadConfiguration,
  parsingProblem,
  StartError,
  startServer,
  UsageError,
  type Plugin,
} from "nightlight-server";
import { endAfterOutput } from "../../server/src/app/output-errors.js";
import { refuseToIgnoreAccounts, reportFormerData } from "../../server/src/app/former-data.js";
import { announceReady } from "../../server/src/app/ready.js";
import type { ProcessHandlers } from "../../server/src/app/program.js";
import { simulatorRoutes } from "../../sim/http.js";
import {
  brokerSettingsOf,
  createConstantLight,
  createShortDay,
  loadFirmware,
  readSettings,
  Simulator,
  type Settings,
} from "../../sim/index.js";
import { printEvents } from "../../sim/report.js";
import { ensureFirmware } from "../build/firmware.js";
import { ensureDashboard } from "../build/server.js";
import { createWholeNumberParser } from "../lib/command-line.js";
import { ROOT } from "../lib/repository.js";
import { stopCompilers } from "../lib/stop-compilers.js";

const START_COMMAND = "npm start --";

/** Largest number of simulated boards. Each simulated board needs a thread and about 35 MB of memory. */
const MAX_BOARDS = 64;

/** The flags of `npm start` in addition to those of the server. */
interface StartOptions {
  readonly boards: number;
  readonly light?: number;
  readonly simulator: boolean;
}

async function startServerAndBoards({ signals, reloadSignal, outputErrors }: ProcessHandlers): Promise<void> {
  const command = createCommand(START_COMMAND)
    .description("Run broker, server, dashboard and simulated boards: a nightlight without hardware.")
    .option("--boards <n>", "number of simulated boards", createWholeNumberParser(1, MAX_BOARDS), 1)
    .option(
      "--light <n>",
      "hold the light of the simulated boards at 0 to 1023 (default: a day of one minute)",
      createWholeNumberParser(0, 1023),
    )
    .option("--no-simulator", "do not simulate a board, for use with real boards")
    .parse();
  const { boards, light, simulator: simulated } = command.opts<StartOptions>();
  const loaded = loadConfiguration(command);
  const { options } = loaded;

  await ensureDashboard();
  if (simulated) await ensureFirmware({ entry: "main" });
  const simulator = new Simulator(
    simulated ? { ...loadFirmware(), light: light === undefined ? createShortDay() : createConstantLight(light) } : {},
  );
  const routes = simulatorRoutes(simulator, settingsOf);
  const plugin: Plugin = (app, context) => {
    context.provide("simulator");
    routes(app, context);
  };
  // makes new files, even those of libraries, readable by this user only
  process.umask(0o077);
  outputErrors.ignoreErrors();
  const log = createLog(options.log, { messages: options.logMessages });
  for (const warning of loaded.warnings) log.warn("config", warning);
  // simulated boards log in with a temporary account, in case the broker requires one
  const boardAccount = { name: "npm-start-boards", password: randomBytes(24).toString("base64url") };
  const configuration = new LiveConfiguration({ command, log, current: loaded });
  refuseToIgnoreAccounts(loaded, START_COMMAND);
  const starting = startServer({
    ...options,
    log,
    guests: [boardAccount],
    plugins: simulated ? [plugin] : [],
    configuration,
    startCommand: START_COMMAND,
  });
  signals.setCloseHandler(() => Promise.all([simulator.close(), closeStarted(starting)]));
  const server = await starting.catch((error: unknown) => {
    throw error instanceof StartError
      ? new StartError(withSettingNames(loaded, error.message), { cause: error })
      : error;
  });
  signals.setCloseHandler(() => Promise.all([simulator.close(), server.close()]));
  configuration.connect(server);
  reloadSignal.setReloadHandler(() => void configuration.reload());

  if (simulated) await startBoards();
  await stopCompilers();
  reportFormerData(loaded, log, START_COMMAND);
  announceReady(loaded, log, server.httpUrl);

  async function startBoards(): Promise<void> {
    const isVerbose = loaded.configuration.log_messages !== "none";
    const print = (text: string): void => log.info("simulator", text);
    // The log of the server already has a line for each switch, with its reason.
    simulator.on("add", (board) => printEvents(board, { print, lamps: isVerbose }));
    const names = Array.from({ length: boards }, (_, i) => `${options.topicPrefix}/sim-${i + 1}`);
    const startBoard = async (id: string): Promise<void> => {
      await simulator.add({ id, settings: await settingsOf(id) }).start();
    };
    await Promise.all(names.map(startBoard));
  }

  /** Returns the settings of a simulated board: those of the checkout, with the broker and the server of this program. */
  async function settingsOf(id: string): Promise<Settings> {
    const { broker, username, password } = options;
    const address = new URL(broker ?? (await starting).brokerUrl);
    address.username = encodeURIComponent(
      broker ? (username ?? decodeURIComponent(address.username)) : boardAccount.name,
    );
    address.password = encodeURIComponent(
      broker ? (password ?? decodeURIComponent(address.password)) : boardAccount.password,
    );
    const own = { ...brokerSettingsOf(address.href), NL_ID: id, UPDATE_URL: await findUpdateUrl(id) };
    return { ...readSettings(ROOT), ...own };
  }

  /** Returns the address for updates of a simulated board; undefined when the board could not use it. */
  async function findUpdateUrl(id: string): Promise<string | undefined> {
    return (await starting).updateUrlOf(id).catch((error: Error) => {
      log.warn("simulator", `${id} cannot be updated over the air: ${error.message}`);
      return undefined;
    });
  }
}

/** Runs `npm start` with the arguments and environment variables of this process. */
export async function runStart(handlers: ProcessHandlers): Promise<void> {
  try {
    await startServerAndBoards(handlers);
  } catch (error) {
    if (error instanceof CommanderError) {
      const { text, code } = parsingProblem(error, "See npm start -- --help.");
      if (text) console.error(text);
      return endAfterOutput(code);
    }
    console.error(error instanceof Error ? error.message : error);
    endAfterOutput(error instanceof UsageError ? 2 : 1);
  }
}
