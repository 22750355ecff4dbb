/** Runs `npm run board`: parses the arguments, manages the boards and returns the exit code. */
import { Command, CommanderError, Option } from "commander";
import { ROOT } from "../lib/repository.js";
import { addBoard, type NewBoard } from "./add.js";
import { chipOf, loadBoards, pinOf } from "./board.js";
import { checkBoards } from "./check.js";

/**
 * Runs the command.
 * @param args the command line without program and script
 * @param print receives each line of the output
 * @returns the exit code: 0 for success, 1 when a board has a problem, 2 when the arguments are wrong
 */
export async function runBoardCommand(
  args: string[],
  root = ROOT,
  print = (line: string) => console.log(line),
): Promise<number> {
  try {
    await createCommand(root, print).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // a missing command is a mistake, for which commander has already printed the help
      if (error.code === "commander.help") return 2;
      print(`${error.message.replace(/^error: /, "")}; see npm run board -- --help`);
      return 2;
    }
    print((error as Error).message);
    return 1;
  }
}

function createCommand(root: string, print: (line: string) => void): Command {
  const command = new Command("npm run board --")
    .description("Manage the boards that the nightlight firmware runs on.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => print(text.trimEnd()),
      outputError: () => {},
    });

  command
    .command("list")
    .description("list the boards with their chips, pins and firmware")
    .action(async () => {
      const rows = (await loadBoards(root)).map((board) => [
        board.name,
        chipOf(board.file).name,
        `light ${pinOf(board.file, "light")}`,
        `lamp ${pinOf(board.file, "lamp")}`,
        `src/${board.entry}.ts`,
        board.title,
      ]);
      const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
      for (const row of rows) print(row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()); // prettier-ignore
    });

  command
    .command("check")
    .description("check that the pins suit the light sensor and the lamp, and that the docs agree")
    .action(async () => {
      const found = await checkBoards(root, await loadBoards(root));
      for (const [name, problems] of found) {
        if (problems.length === 0) print(`ok     ${name}`);
        for (const problem of problems) print(`WRONG  ${name}: ${problem}`);
      }
      if ([...found.values()].some((problems) => problems.length > 0))
        throw new Error("Correct the lines that begin with WRONG, then run the check again.");
    });

  command
    .command("add")
    .description("add a board: its board file, its firmware's entry file, and its wiring section in the docs")
    .argument("<name>", "a short name such as lolin_s2_mini; the board is called nightlight_<name>")
    .requiredOption("--base <board>", "DeviceScript's name of the board, or its chip: esp32, esp32c3, esp32s2, esp32s3")
    .requiredOption("--light <pin>", "the pin of the light sensor: a label such as A1, or GPIO3")
    .requiredOption("--lamp <pin>", "the pin of the lamp")
    .option("--title <text>", "the board's name for people")
    .addOption(new Option("--parts <kind>", "the parts wired to the board (default: bare)").choices(["grove", "bare"]))
    .action(async (name: string, options: Omit<NewBoard, "name">) => {
      for (const file of await addBoard(root, { name, ...options })) print(`wrote ${file}`);
      print("Next: npm run build compiles the firmware; docs/how-to/add-a-board.md says how to describe the wiring.");
    });
  return command;
}
