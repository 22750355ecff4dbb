/** Runs `npm run doctor`: parses the flags, runs the checks, prints a report and returns the exit code. */
import { Command, CommanderError } from "commander";
import { parsingProblem } from "nightlight-server";
import { checkBoards } from "./boards.js";
import { checkDataFolder } from "./data.js";
import { todoFinding, type Check, type Finding } from "./finding.js";
import { checkDeviceScript, checkDisk, checkFirmware, checkNode } from "./installation.js";
import { checkPorts } from "./ports.js";
import { checkSettings } from "./settings.js";
import type { System } from "./system.js";

const CHECKS: readonly (readonly [about: string, check: Check])[] = [
  ["Node.js", checkNode],
  ["DeviceScript", checkDeviceScript],
  ["disk", checkDisk],
  ["firmware", checkFirmware],
  ["data folder", checkDataFolder],
  ["ports", checkPorts],
  ["boards", checkBoards],
  [".env.local", checkSettings],
];

/** Runs all checks in parallel; a failed check becomes a finding. */
export async function runChecks(system: System, checks = CHECKS): Promise<Finding[]> {
  const results = await Promise.all(
    checks.map(([about, check]) =>
      check(system).catch((error: unknown) => [
        todoFinding(about, `The check failed: ${error instanceof Error ? error.message : String(error)}`),
      ]),
    ),
  );
  return results.flat();
}

/**
 * Runs the command.
 * @returns the exit code: 0 when the user need not act, 1 when the user must act, 2 when the flags are wrong
 */
export async function runDoctor(
  args: readonly string[],
  system: System,
  print: (text: string) => void = console.log,
): Promise<number> {
  const command = new Command("npm run doctor --")
    .description("Check this computer for everything that a nightlight needs, and say what to do about problems.")
    .option("--json", "print JSON: { ok, findings: [{ about, level, text, remedy }] }; level is ok, note or todo")
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => print(text.trimEnd()), outputError: () => {} })
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const { text, code } = parsingProblem(error, "See npm run doctor -- --help.");
    if (text) print(text);
    return code;
  }
  const findings = await runChecks(system);
  const needed = findings.filter(({ level }) => level === "todo").length;
  if (command.opts<{ json?: boolean }>().json) print(JSON.stringify({ ok: needed === 0, findings }, null, 2));
  else print(formatReport(findings, needed));
  return needed > 0 ? 1 : 0;
}

function formatReport(findings: readonly Finding[], needed: number): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, level, text, remedy }) => [
    `${level.padEnd(4)}  ${about.padEnd(width)}  ${text}`,
    ...(remedy ? [`${" ".repeat(width + 8)}→ ${remedy}`] : []),
  ]);
  const end = needed === 0 ? "Everything is ready." : `Problems to solve: ${needed}.`;
  return [...lines, "", end].join("\n");
}
