/** `npm start`: parses the flags, and starts the server and the simulated boards. */
import { randomBytes } from "node:crypto";
import { CommanderError, InvalidArgumentError } from "commander";
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
import type { ProcessHandlers } from "../../server/src/app/program.js";
import { simulatorRoutes } from "../../sim/http.js";
import { brokerSettingsOf, createShortDay, loadFirmware, readSettings, Simulator } from "../../sim/index.js";
import { printEvents } from "../../sim/report.js";
import { ensureFirmware } from "../build/firmware.js";
import { ensureDashboard } from "../build/server.js";
import { ROOT } from "../lib/repository.js";
import { stopCompilers } from "../lib/stop-compilers.js";

/** Largest number of simulated boards. Each simulated board needs a thread and about 35 MB of memory. */
const MAX_BOARDS = 64;

function parseBoardCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MAX_BOARDS) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_BOARDS}.`);
}

async function startServerAndBoards({ signals, reloadSignal, outputErrors }: ProcessHandlers): Promise<void> {
  const command = createCommand("npm start --")
    .description("Run broker, server, dashboard and simulated boards: a nightlight without hardware.")
    .option("--boards <n>", "number of simulated boards", parseBoardCount, 1)
    .option("--no-simulator", "do not simulate a board, for use with real boards")
    .parse();
  const { boards, simulator: simulated } = command.opts<{ boards: number; simulator: boolean }>();
  const loaded = loadConfiguration(command);
  const { options } = loaded;

  await ensureDashboard();
  if (simulated) await ensureFirmware({ entry: "main" });
  const simulator = new Simulator(simulated ? { ...loadFirmware(), light: createShortDay() } : {});
  const routes = simulatorRoutes(simulator);
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
  const starting = startServer({
    ...options,
    log,
    guests: [boardAccount],
    plugins: simulated ? [plugin] : [],
    configuration,
    startCommand: "npm start --",
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

  async function startBoards() {
    const { broker, username, password } = options;
    const address = new URL(broker ?? server.brokerUrl);
    address.username = encodeURIComponent(
      broker ? (username ?? decodeURIComponent(address.username)) : boardAccount.name,
    );
    address.password = encodeURIComponent(
      broker ? (password ?? decodeURIComponent(address.password)) : boardAccount.password,
    );
    const settings = { ...readSettings(ROOT), ...brokerSettingsOf(address.href) };
    simulator.on("add", (board) => printEvents(board));
    const names = Array.from({ length: boards }, (_, i) => `${options.topicPrefix}/sim-${i + 1}`);
    await Promise.all(names.map((id) => simulator.add({ id, settings }).start()));
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
