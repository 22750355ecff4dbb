/** `npm run fleet`: very many devices on a server of their own, or on a broker of one's choice. */
import { CommanderError } from "commander";
import { ensureFirmware } from "../../scripts/build/firmware.js";
import { ensureServer } from "../../scripts/build/server.js";
import { type Options, parseOptions } from "./options.js";
import { runFleet } from "./run.js";
import { summaryLines } from "./words.js";
import { endAfterOutput, endOnOutputErrors } from "../../server/src/app/output-errors.js";

endOnOutputErrors();
async function run(options: Options): Promise<number> {
  // builds say what they do as well
  if (options.json) console.log = console.error;
  const say = (line: string): void => console.log(line);
  if (options.vms !== 0) await ensureFirmware({ entry: "main" });
  if (!options.broker) await ensureServer();
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        resolve();
        // who asks twice does not want to wait
        process.once(signal, () => process.exit(1));
      });
    }
  });
  const outcome = await runFleet(options, interrupted, say);
  if (!outcome) {
    say("It was ended before all devices were connected.");
    return 1;
  }
  const { summary, watched } = outcome;
  if (options.json) process.stdout.write(JSON.stringify(summary) + "\n");
  else console.log(["", ...summaryLines(summary, watched)].join("\n"));
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
