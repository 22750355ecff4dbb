/** Command line of the fault test: `npm run chaos -- --seed S --minutes M [--broker embedded|mosquitto|both] …` */
import { createWriteStream } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { ensureFirmware } from "../../scripts/build/firmware.js";
import { ensureServer } from "../../scripts/build/server.js";
import { MOSQUITTO } from "../support/programs.js";
import { runFaultTest } from "./run.js";
import type { BrokerKind } from "./stand.js";
import { formatTable } from "./table.js";

const createNumberParser = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
};

interface ChaosOptions {
  seed: number;
  minutes: number;
  broker: BrokerKind | "both";
  fault?: string;
  log?: string;
  boards: number;
}

const command = new Command("npm run chaos --")
  .description("Inject faults between readings and lamps, and count lost, duplicate and out-of-order readings.")
  .option(
    "--seed <n>",
    "random seed; the same seed gives the same faults",
    createNumberParser(0, 0xffffffff),
    Date.now() % 100000,
  )
  .option("--minutes <m>", "duration for each broker", createNumberParser(0.1, 1440), 3)
  .addOption(new Option("--broker <kind>", "broker").choices(["embedded", "mosquitto", "both"]).default("both"))
  .option("--fault <name>", "inject only this fault")
  .option("--log <file>", "write the logs of server and boards to this file")
  .option("--boards <n>", "number of boards", createNumberParser(1, 16), 3)
  .allowExcessArguments(false)
  .parse();
const { seed, minutes, broker, fault, boards, log } = command.opts<ChaosOptions>();

const logStream = log === undefined ? undefined : createWriteStream(log);
const onLogLine = (who: string, line: string): void =>
  void logStream?.write(`${new Date().toISOString().slice(11, 23)} ${who} ${line}\n`);
function onProgress(line: string): void {
  console.log(line);
  onLogLine("chaos", line);
}

await ensureFirmware();
await ensureServer();
let failed = false;
for (const kind of broker === "both" ? (["embedded", "mosquitto"] as const) : [broker]) {
  if (kind === "mosquitto" && !MOSQUITTO) {
    console.log("Skipping the run with Mosquitto, because Mosquitto is not installed.");
    continue;
  }
  console.log(`${kind}, seed ${seed}, ${minutes} minutes, ${boards} boards`);
  const outcome = await runFaultTest({ seed, minutes, broker: kind, boards, fault, onProgress, onLogLine });
  console.log(`\n${formatTable(outcome.rows)}\n`);
  if (outcome.unheard > 0)
    console.log(`Power cuts lost about ${outcome.unheard} more readings that no server or broker had received.`);
  for (const sentence of outcome.brokenGuarantees) console.log(`BROKEN: ${sentence}`);
  console.log(outcome.brokenGuarantees.length > 0 ? "" : "Every promise was kept.\n");
  failed ||= outcome.brokenGuarantees.length > 0;
}
if (logStream) await new Promise<void>((resolve) => logStream.end(resolve));
// exits explicitly, because connections that a fault left open would keep the process running
process.exit(failed ? 1 : 0);
