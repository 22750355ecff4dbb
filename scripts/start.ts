/**
 * `npm start`: broker, server, dashboard and simulated boards in one process, with no hardware and no internet.
 *
 * Takes every flag of `nightlight-server`, and `--boards N`, `--no-simulator`.
 */
import { randomBytes } from "node:crypto";
import { CommanderError, InvalidArgumentError } from "commander";
import {
  createCommand,
  createLog,
  endOnSignals,
  loadConfiguration,
  onHangup,
  parsingProblem,
  reload,
  startServer,
  UsageError,
  type Plugin,
} from "nightlight-server";
import { simulatorRoutes } from "../sim/http.js";
import { brokerSettings, day, loadFirmware, readSettings, Simulator } from "../sim/index.js";
import { report } from "../sim/report.js";
import { ensureDashboard, ensureFirmware, ROOT } from "./build.js";

/** Each takes a thread and about 35 MB. */
const MAX_BOARDS = 64;

function boardCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MAX_BOARDS) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_BOARDS}.`);
}

async function start(): Promise<void> {
  const command = createCommand("npm start --")
    .description("Broker, server, dashboard and simulated boards: a nightlight without hardware.")
    .option("--boards <n>", "how many simulated boards", boardCount, 1)
    .option("--no-simulator", "no simulated board: for boards of your own")
    .parse();
  const { boards, simulator: wanted } = command.opts<{ boards: number; simulator: boolean }>();
  let current = loadConfiguration(command);
  const { options } = current;

  await ensureDashboard();
  if (wanted) await ensureFirmware({ entry: "main" });
  const simulator = new Simulator(wanted ? { ...loadFirmware(), light: day() } : {});
  const routes = simulatorRoutes(simulator);
  const plugin: Plugin = (app, context) => {
    context.provide("simulator");
    routes(app, context);
  };
  const log = createLog(options.log, { messages: options.logMessages });
  // where accounts are asked for, simulated boards have one that nobody else can know
  const guest = { name: "npm-start-boards", password: randomBytes(24).toString("base64url") };
  const server = await startServer({ ...options, log, guests: [guest], plugins: wanted ? [plugin] : [] });
  onHangup(() => (current = reload({ server, log, load: () => loadConfiguration(command), current })));
  endOnSignals(() => Promise.all([simulator.close(), server.close()]));

  if (!wanted) return;
  const { broker, username, password } = options;
  const address = new URL(broker ?? server.brokerUrl);
  address.username = encodeURIComponent(broker ? (username ?? decodeURIComponent(address.username)) : guest.name);
  address.password = encodeURIComponent(broker ? (password ?? decodeURIComponent(address.password)) : guest.password);
  const settings = { ...readSettings(ROOT), ...brokerSettings(address.href) };
  simulator.on("add", (board) => report(board));
  const names = Array.from({ length: boards }, (_, i) => `${options.topicPrefix}/sim-${i + 1}`);
  await Promise.all(names.map((id) => simulator.add({ id, settings }).start()));
}

start().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    const { text, code } = parsingProblem(error, "See npm start -- --help.");
    if (text) console.error(text);
    process.exit(code);
  }
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof UsageError ? 2 : 1);
});
