/** Checks that subcommands share no flags with the server, because Commander would pass such a flag to the server. */
import type { Command } from "commander";
import { expect, test } from "vitest";
import { addCommand, createCommand } from "../../server/src/app/cli.js";
import { configCommand } from "../../server/src/app/commands/config.js";
import { dataFolderOf } from "../../server/src/config/data-folder.js";
import { serverUrlOf } from "../../server/src/config/server-url.js";
import { userCommand } from "../../server/src/app/commands/user.js";
import { sessionsCommand } from "../../server/src/app/commands/sessions/command.js";

function subcommandsOf(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...subcommandsOf(one)]);
}

test("no subcommand has a flag that the server also has", () => {
  const program = createCommand();
  for (const command of [configCommand(), userCommand(dataFolderOf), sessionsCommand(serverUrlOf)])
    addCommand(program, command);
  const flags = new Set(program.options.flatMap(({ long, short }) => [long, short]));
  const both = subcommandsOf(program).flatMap((one) =>
    one.options.filter(({ long }) => flags.has(long)).map(({ long }) => `${one.name()} ${long}`),
  );
  expect(subcommandsOf(program).length).toBeGreaterThan(8);
  expect(both).toEqual([]);
});
