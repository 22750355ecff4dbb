/**
 * Checks that subcommands share no flags with the server, because Commander would pass such a flag to the server, and
 * that errors refer to the help of the subcommand.
 */
import type { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { addCommand, createCommand, parsingProblem } from "../../server/src/app/cli.js";
import { COMMAND_NAME } from "../../server/src/common/command-name.js";
import { configCommand } from "../../server/src/app/commands/config.js";
import { dataFolderOf } from "../../server/src/config/data-folder.js";
import { serverUrlOf } from "../../server/src/config/server-url.js";
import { userCommand } from "../../server/src/app/commands/user.js";
import { sessionsCommand } from "../../server/src/app/commands/sessions/command.js";
import { updateCommand } from "../../server/src/app/commands/update/command.js";

function subcommandsOf(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...subcommandsOf(one)]);
}

function createProgram(): Command {
  const program = createCommand();
  const commands = [
    configCommand(),
    userCommand(dataFolderOf),
    sessionsCommand(serverUrlOf),
    updateCommand(serverUrlOf, dataFolderOf),
  ];
  for (const command of commands) addCommand(program, command);
  return program;
}

test("no subcommand has a flag that the server also has", () => {
  const program = createProgram();
  const flags = new Set(program.options.flatMap(({ long, short }) => [long, short]));
  const both = subcommandsOf(program).flatMap((one) =>
    one.options.filter(({ long }) => flags.has(long)).map(({ long }) => `${one.name()} ${long}`),
  );
  expect(subcommandsOf(program).length).toBeGreaterThan(8);
  expect(both).toEqual([]);
});

test.each([
  ["update foo", "update"],
  ["user foo", "user"],
  ["sessions foo", "sessions"],
  ["config foo", "config"],
  ["update board", "update board"],
  ["update board porch --fast", "update board"],
  ["user token me you they", "user token"],
  ["--fast", ""],
])("the error of %j refers to the help of the command that the user gave", async (line, words) => {
  const parsing = createProgram().parseAsync(line.split(" "), { from: "user" });
  const error: CommanderError = await parsing.then(() => expect.unreachable(), (thrown) => thrown); // prettier-ignore
  expect(parsingProblem(error).text.endsWith(` See ${`${COMMAND_NAME} ${words}`.trim()} --help.`), words).toBe(true);
});
