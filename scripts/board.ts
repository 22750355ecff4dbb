/** `npm run board -- list | check | draw | add`: the boards that a nightlight runs on. */
import { Command, CommanderError, Option } from "commander";
import { pathToFileURL } from "node:url";
import { ROOT } from "./build.js";
import { addBoard, type NewBoard } from "./board/add.js";
import { chipOf, loadBoards, pinOf } from "./board/board.js";
import { check } from "./board/check.js";
import { redraw } from "./board/pages.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

/** @param say gets each line of the output */
function createCommand(root: string, say: (line: string) => void): Command {
  const command = new Command("npm run board --")
    .description("The boards that a nightlight runs on.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => say(text.trimEnd()),
      writeErr: (text) => say(text.trimEnd()),
      outputError: () => {},
    });

  command
    .command("list")
    .description("the boards, with their chips, pins and firmware")
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
      for (const row of rows) say(row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()); // prettier-ignore
    });

  command
    .command("check")
    .description("whether the pins can do what is wired to them, and the drawings are up to date")
    .action(async () => {
      const found = await check(root, await loadBoards(root));
      for (const [name, problems] of found) {
        if (problems.length === 0) say(`ok     ${name}`);
        for (const problem of problems) say(`WRONG  ${name}: ${problem}`);
      }
      if ([...found.values()].some((problems) => problems.length > 0)) throw new Error("Not all boards are right.");
    });

  command
    .command("draw")
    .description("writes the drawings and the tables in docs/reference/hardware.md anew")
    .action(async () => {
      const written = await redraw(root, await loadBoards(root));
      for (const file of written) say(`wrote ${file}`);
      if (written.length === 0) say("everything is up to date");
    });

  command
    .command("add")
    .description("adds a board: its file, its firmware's entry, its drawing and its lines in the docs")
    .argument("<name>", "such as lolin_s2_mini; the board becomes nightlight_<name>")
    .requiredOption(
      "--base <board>",
      "the board of DeviceScript's that it is, or its chip: esp32, esp32c3, esp32s2, esp32s3",
    )
    .requiredOption("--light <pin>", "where the light sensor is: a label such as A1, or GPIO3")
    .requiredOption("--lamp <pin>", "where the lamp is")
    .option("--title <text>", "its name for people")
    .addOption(new Option("--parts <kind>", "what is wired to it").choices(["grove", "bare"]))
    .action(async (name: string, options: Omit<NewBoard, "name">) => {
      for (const file of await addBoard(root, { name, ...options })) say(`wrote ${file}`);
      say("npm run build compiles its firmware; docs/how-to/add-a-board.md says how to make its drawing look like it.");
    });
  return command;
}

/**
 * Runs the command.
 * @param args as on the command line, without program and script
 * @returns the exit code: 0, 1 when something is wrong with a board, 2 when something is wrong with the arguments
 */
export async function runBoardCommand(
  args: string[],
  root = ROOT,
  say = (line: string) => console.log(line),
): Promise<number> {
  try {
    await createCommand(root, say).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // no command at all: the help has been said
      if (error.code === "commander.help") return 2;
      say(`${error.message.replace(/^error: /, "")}; see npm run board -- --help`);
      return 2;
    }
    say((error as Error).message);
    return 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  endOnOutputErrors();
  process.exitCode = await runBoardCommand(process.argv.slice(2));
}
