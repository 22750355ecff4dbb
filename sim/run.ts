/** `npm run sim`: parses the flags and starts the simulated boards. */
import { CommanderError } from "commander";
import fastify from "fastify";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureFirmware } from "../scripts/build/firmware.js";
import { stopCompilers } from "../scripts/lib/stop-compilers.js";
import { endAfterOutput } from "../server/src/app/output-errors.js";
import type { TerminationSignals } from "../server/src/app/signals.js";
import { loadFirmware, ROOT } from "./firmware.js";
import { simulatorRoutes } from "./http.js";
import {
  brokerSettingsOf,
  createConstantLight,
  createShortDay,
  readSettings,
  readTrace,
  Simulator,
  updateUrlFor,
} from "./index.js";
import { allowOnlyLoopback } from "./loopback.js";
import { type Options, parseOptions } from "./options.js";
import { runProgramForever } from "./program.js";
import { printEvents } from "./report.js";

/** Timeout for stopping the boards and the HTTP API when the program ends, in ms. */
const SHUTDOWN_TIMEOUT = 1500;

async function runSimulator(options: Options, signals: TerminationSignals): Promise<void> {
  const settings = { ...readSettings(ROOT), ...brokerSettingsOf(options.broker) };
  const light = options.trace
    ? readTrace(options.trace)
    : options.light === undefined
      ? createShortDay()
      : createConstantLight(options.light);
  if (!options.program) await ensureFirmware({ entry: options.board });
  const firmware = options.program ? {} : loadFirmware(options.board);
  const simulator = new Simulator({ ...firmware, settings, light });
  const app = options.httpPort === undefined ? undefined : fastify({ forceCloseConnections: true });

  const closeAll = () => Promise.all([simulator.close(), app?.close()]);
  signals.setCloseHandler(() => Promise.race([closeAll(), sleep(SHUTDOWN_TIMEOUT)]));

  simulator.on("add", (board) => printEvents(board, { verbose: options.verbose }));
  if (app) {
    app.addHook("onRequest", allowOnlyLoopback);
    simulatorRoutes(simulator)(app);
    const address = await app.listen({ host: "127.0.0.1", port: options.httpPort }).catch((error: Error) => {
      throw new Error(
        `Port ${options.httpPort} is not available (${error.message}); choose another one with --http-port.`,
      );
    });
    console.log(`The API of the boards is at ${address}/api/simulator/boards`);
  }
  if (options.program) return runProgramForever(simulator, options.program, options.id?.[0]);
  const count = options.boards ?? 1;
  const ids = options.id ?? Array.from({ length: count }, (_, i) => `nightlight/sim-${i + 1}`);
  console.log(`Starting ${ids.length === 1 ? "a board" : `${ids.length} boards`}; Ctrl+C ends.`);
  const startBoard = (id: string) =>
    simulator.add({ id, settings: { UPDATE_URL: updateUrlFor(id, settings) } }).start();
  await Promise.all(ids.map(startBoard));
  await stopCompilers();
}

/** Runs the command with the arguments of this process. */
export async function runSim(signals: TerminationSignals): Promise<void> {
  try {
    await runSimulator(parseOptions(process.argv.slice(2)), signals);
  } catch (error) {
    if (error instanceof CommanderError) return endAfterOutput(error.exitCode === 0 ? 0 : 2);
    console.error((error as Error).message);
    endAfterOutput(1);
  }
}
