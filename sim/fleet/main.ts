/** Entry point of `npm run fleet`, a load test with many virtual devices on its own server or on a given broker. */
import { CommanderError } from "commander";
import { ensureFirmware } from "../../scripts/build/firmware.js";
import { ensureServer } from "../../scripts/build/server.js";
import { type Options, parseOptions } from "./options.js";
import { runFleet } from "./run.js";
import { formatSummary } from "./format.js";
import { endAfterOutput, endOnOutputErrors } from "../../server/src/app/output-errors.js";

endOnOutputErrors();
async function run(options: Options): Promise<number> {
  // print progress to standard error with --json, including that of the builds, so that standard output is only JSON
  if (options.json) console.log = console.error;
  const print = (line: string): void => console.log(line);
  if (options.vms !== 0) await ensureFirmware({ entry: "main" });
  if (!options.broker) await ensureServer();
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        resolve();
        // the first signal ends the run early; a second one exits at once
        process.once(signal, () => process.exit(1));
      });
    }
  });
  const outcome = await runFleet(options, interrupted, print);
  if (!outcome) {
    print("The run ended before all devices were connected. There are no results.");
    return 1;
  }
  const { summary, watched } = outcome;
  if (options.json) process.stdout.write(JSON.stringify(summary) + "\n");
  else console.log(["", ...formatSummary(summary, watched)].join("\n"));
  return summary.wrong + summary.lamps_wrong + summary.missing > 0 ? 1 : 0;
}

try {
  endAfterOutput(await run(parseOptions(process.argv.slice(2))));
} catch (error) {
  if (error instanceof CommanderError) endAfterOutput(error.exitCode === 0 ? 0 : 2);
  else {
    console.error((error as Error).message);
    endAfterOutput(1);
  }
}
