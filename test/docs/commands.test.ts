/**
 * Checks that a scenario in `test/docs/scenarios/` runs each command of the documentation, or that COMMANDS_NOT_RUN lists
 * the command with a reason.
 */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS_NOT_RUN, COMMANDS_RUN_ELSEWHERE } from "./support/commands-not-run.js";
import { commandsOf, findUntaggedBlocks, PAGES, ROOT } from "./support/pages.js";
import type { Scenario } from "./support/scenario.js";

const SCENARIO_FOLDER = new URL("./scenarios/", import.meta.url);

/** The files that define scenarios. Next to each `name.ts`, `name.test.ts` runs its scenarios. */
const SCENARIO_FILES = readdirSync(SCENARIO_FOLDER).filter((name) => !name.endsWith(".test.ts"));

const scenarios: readonly Scenario[] = await Promise.all(
  SCENARIO_FILES.map(async (name) => {
    const file = (await import(new URL(name, SCENARIO_FOLDER).href)) as { SCENARIOS: readonly Scenario[] };
    return file.SCENARIOS;
  }),
).then((lists) => lists.flat());

const SCENARIO_COMMANDS = new Set(scenarios.flatMap(({ steps }) => steps.map(({ command }) => command)));

/** The page of each documented command. */
const documented = new Map(PAGES.flatMap((page) => [...commandsOf(page)].map((command) => [command, page] as const)));

describe("every command of the documentation", () => {
  test("runs in a scenario, or is listed with a reason", () => {
    const missingHere = [...documented].filter(
      ([command]) =>
        !SCENARIO_COMMANDS.has(command) && !(command in COMMANDS_NOT_RUN) && !COMMANDS_RUN_ELSEWHERE.test(command),
    );
    expect(missingHere).toEqual([]);
  });

  test("is in a code block with a language", () => {
    expect(PAGES.flatMap(findUntaggedBlocks)).toEqual([]);
  });

  test("uses only npm scripts that exist in package.json", async () => {
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const called = [...documented.keys()].flatMap((command) => /\bnpm run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
  });
});

test("every step of a scenario and every listed command is in the documentation", () => {
  const commands = [...SCENARIO_COMMANDS, ...Object.keys(COMMANDS_NOT_RUN)];
  expect(commands.filter((command) => !documented.has(command))).toEqual([]);
});

test("every file of scenarios has a test file that runs them", async () => {
  for (const file of SCENARIO_FILES) {
    const runner = await readFile(new URL(file.replace(/\.ts$/, ".test.ts"), SCENARIO_FOLDER), "utf8").catch(() => "");
    expect(runner, `test/docs/scenarios/${file.replace(/\.ts$/, ".test.ts")}`).toMatch(
      new RegExp(`SCENARIOS \\} from "\\./${file.replace(/\.ts$/, ".js")}"[^]*\\brunScenarios\\(SCENARIOS\\)`),
    );
  }
});
