/** The flags of the whole program: commander gives a flag that both have to the server, and the subcommand never gets it. */
import type { Command } from "commander";
import { expect, test } from "vitest";
import { addCommand, createCommand } from "../../server/src/cli.js";
import { configCommand } from "../../server/src/config/commands.js";
import { dataFolderOf } from "../../server/src/config/data-folder.js";
import { serverUrlOf } from "../../server/src/config/server-url.js";
import { userCommand } from "../../server/src/security/commands.js";
import { sessionsCommand } from "../../server/src/sessions-command/command.js";

function below(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...below(one)]);
}

test("no subcommand has a flag of the server's", () => {
  const program = createCommand();
  for (const command of [configCommand(), userCommand(dataFolderOf), sessionsCommand(serverUrlOf)])
    addCommand(program, command);
  const flags = new Set(program.options.flatMap(({ long, short }) => [long, short]));
  const both = below(program).flatMap((one) =>
    one.options.filter(({ long }) => flags.has(long)).map(({ long }) => `${one.name()} ${long}`),
  );
  expect(below(program).length).toBeGreaterThan(8);
  expect(both).toEqual([]);
});
