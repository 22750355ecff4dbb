/** Parses the command line of `npm run sim`. */
import { Command, InvalidArgumentError } from "commander";
import path from "node:path";
import { idProblem } from "../contract/index.js";
import { ROOT } from "./firmware.js";

export interface Options {
  broker: string;
  boards?: number;
  id?: string[];
  light?: number;
  trace?: string;
  httpPort?: number;
  board: string;
  program?: string;
  verbose?: boolean;
}

const createWholeNumberParser = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  return value;
};

function parseProgram(file: string): string {
  const relative = path.relative(ROOT, path.resolve(ROOT, file)).replaceAll("\\", "/");
  if (!relative.endsWith(".ts"))
    throw new InvalidArgumentError("It must be a TypeScript file, such as lesson/device.ts.");
  if (relative.startsWith("../") || path.isAbsolute(relative))
    throw new InvalidArgumentError(
      "It must be in the folder of Nightlight, because the compiler finds its libraries there.",
    );
  return relative;
}

const parseId = (id: string, ids: string[] = []) => {
  const problem = idProblem(id);
  if (problem) throw new InvalidArgumentError(`Not an id: ${problem}.`);
  if (ids.includes(id)) throw new InvalidArgumentError("Each board needs an id of its own.");
  return [...ids, id];
};

/**
 * Parses the arguments after the program name. Prints help and error messages.
 * @throws CommanderError with exit code 0 after printing help, with another exit code after an invalid argument
 */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm run sim --")
    .description("Runs simulated boards: the firmware of a real board in DeviceScript's own virtual machine.")
    .option("--broker <url>", "MQTT broker: mqtt://[user:password@]host[:port], or mqtts://", "mqtt://127.0.0.1:1883")
    .option(
      "--boards <n>",
      "how many boards: nightlight/sim-1, nightlight/sim-2, … (default: 1)",
      createWholeNumberParser(1, 64),
    )
    .option("--id <id>", "a board with this id; can be repeated", parseId)
    .option(
      "--light <n>",
      "hold the light at 0..1023 (default: a short day and night)",
      createWholeNumberParser(0, 1023),
    )
    .option("--trace <file.csv>", 'play recorded light, columns "time_s,light", or "light" alone once a second')
    .option("--http-port <port>", "serve the API /api/simulator/boards on 127.0.0.1", createWholeNumberParser(0, 65535))
    .option("--board <entry>", "which firmware: src/<entry>.ts", "main")
    .option("--program <file.ts>", "run this DeviceScript program instead of the firmware, on one board", parseProgram)
    .option("--verbose", "print the complete output of the boards and their virtual machines")
    .addHelpText(
      "after",
      `
Examples:
  npm run sim                                     one board on a broker here
  npm run sim -- --boards 3                       three boards
  npm run sim -- --id nightlight/kitchen --trace evening.csv
  npm run sim -- --program lesson/device.ts       your own program; type a light level and Enter
  npm run sim -- --broker mqtt://me:secret@broker.example.org --light 120`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: "user" });
  const options = command.opts<Options>();
  if (options.boards && options.id) command.error("error: give either --boards or --id, not both");
  if (options.light !== undefined && options.trace) command.error("error: give either --light or --trace, not both");
  if (options.program && (options.boards || command.getOptionValueSource("board") === "cli"))
    command.error("error: --program runs on one board; omit --boards and --board");
  if (options.program && options.id && options.id.length > 1)
    command.error("error: --program runs on one board; give one --id");
  return options;
}
