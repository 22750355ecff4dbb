/** `npm run sim`: simulated boards on a broker of one's choice. */
import { CommanderError } from "commander";
import fastify from "fastify";
import { ensureFirmware } from "../scripts/build.js";
import { loadFirmware, ROOT } from "./firmware.js";
import { simulatorRoutes } from "./http.js";
import { brokerSettings, constant, day, readSettings, readTrace, Simulator } from "./index.js";
import { loopbackOnly } from "./loopback.js";
import { type Options, parseOptions } from "./options.js";
import { report } from "./report.js";

/** The longest that an end may take, in ms. */
const END_WITHIN = 1500;

async function run(options: Options): Promise<void> {
  const settings = { ...readSettings(ROOT), ...brokerSettings(options.broker) };
  const light = options.trace
    ? readTrace(options.trace)
    : options.light === undefined
      ? day()
      : constant(options.light);
  await ensureFirmware({ entry: options.board });
  const simulator = new Simulator({ ...loadFirmware(options.board), settings, light });
  const app = options.httpPort === undefined ? undefined : fastify({ forceCloseConnections: true });

  const end = () => {
    setTimeout(() => process.exit(0), END_WITHIN).unref();
    void Promise.all([simulator.close(), app?.close()]).then(() => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);

  simulator.on("add", (board) => report(board, { verbose: options.verbose }));
  if (app) {
    app.addHook("onRequest", loopbackOnly);
    simulatorRoutes(simulator)(app);
    const address = await app.listen({ host: "127.0.0.1", port: options.httpPort }).catch((error: Error) => {
      throw new Error(`Port ${options.httpPort} cannot be had (${error.message}); choose another one by --http-port.`);
    });
    console.log(`Boards to read and set at ${address}/api/simulator/boards`);
  }
  const count = options.boards ?? 1;
  const ids = options.id ?? Array.from({ length: count }, (_, i) => `nightlight/sim-${i + 1}`);
  console.log(`Starting ${ids.length === 1 ? "a board" : `${ids.length} boards`}; Ctrl+C ends.`);
  await Promise.all(ids.map((id) => simulator.add({ id }).start()));
}

try {
  await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  console.error((error as Error).message);
  process.exit(1);
}
