/** What the three commands have in common: flags, and how they end. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { StepError } from "./failure.js";

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** A command with the flag that all of them have. */
export function createCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .option(
      "--port <path>",
      "the serial port, such as /dev/ttyACM0 or COM3 (default: the only board that is plugged in)",
    )
    .allowExcessArguments(false)
    .showHelpAfterError(`See npm run ${name} -- --help.`)
    .exitOverride();
}

export const BOARD_FLAG = [
  "--board <name>",
  "the board, such as qt_py_esp32c3 (default: xiao_esp32c3; npm run board -- list shows them)",
] as const;

/**
 * Runs a command.
 * @param args as on the command line, without program and script
 * @returns the exit code: 0; 1 when a step failed, which is printed; 2 when something is wrong with the arguments
 */
export async function runCommand<O extends object>(
  command: Command,
  args: readonly string[],
  action: (options: O) => Promise<void>,
): Promise<number> {
  try {
    command.parse(args, { from: "user" });
    await action(command.opts<O>());
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof StepError) console.error(`\nIt did not work.\n${error.message}`);
    else console.error("\nIt did not work, for a reason that nobody thought of. Please report this:\n", error);
    return 1;
  }
}

/** jacdac-ts tells the console of every step of its own: for people who debug it alone. */
export function quiet(): void {
  console.debug = () => {};
}
