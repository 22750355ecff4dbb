/** Parses the command line of `npm run sim`. */
import { Command, InvalidArgumentError } from "commander";
import { idProblem } from "../contract/index.js";

export interface Options {
  broker: string;
  boards?: number;
  id?: string[];
  light?: number;
  trace?: string;
  httpPort?: number;
  board: string;
  verbose?: boolean;
}

const createWholeNumberParser = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  return value;
};

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
    .option("--verbose", "print the complete output of the boards and their virtual machines")
    .addHelpText(
      "after",
      `
Examples:
  npm run sim                                     one board on a broker here
  npm run sim -- --boards 3                       three boards
  npm run sim -- --id nightlight/kitchen --trace evening.csv
  npm run sim -- --broker mqtt://me:secret@broker.example.org --light 120`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: "user" });
  const options = command.opts<Options>();
  if (options.boards && options.id) command.error("error: give either --boards or --id, not both");
  if (options.light !== undefined && options.trace) command.error("error: give either --light or --trace, not both");
  return options;
}
