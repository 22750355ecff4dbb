/** The common command line of `npm run flash`, `deploy` and `monitor`: flags, errors and exit codes. */
import { Command, CommanderError } from "commander";
import { StepError } from "../../flashing/step-error.js";

/** Creates a command with the flag `--port`. */
export function createCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .option(
      "--port <path>",
      "the serial port, such as /dev/ttyACM0 or COM3 (default: the port of the only connected board)",
    )
    .allowExcessArguments(false)
    .showHelpAfterError(`See npm run ${name} -- --help.`)
    .exitOverride();
}

/** The flag `--board`, as arguments of commander's `option`. */
export const BOARD_FLAG = [
  "--board <name>",
  "the board, such as qt_py_esp32c3 (default: xiao_esp32c3; npm run board -- list shows all)",
] as const;

/**
 * Runs a command.
 * @param args the command line without program and script
 * @returns the exit code: 0 for success, 1 after a printed failure, 2 when the arguments are wrong
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
    if (error instanceof StepError) console.error(`\nFailed.\n${error.message}`);
    else console.error("\nUnexpected error. Please report it:\n", error);
    return 1;
  }
}
