/** `npm run doctor` from the first check to the exit code. */
import { Command, CommanderError } from "commander";
import { parsingProblem } from "nightlight-server";
import { checkBoards, checkEsptool } from "./boards.js";
import { todo, type Check, type Finding } from "./finding.js";
import { checkDeviceScript, checkDisk, checkFirmware, checkNode } from "./installation.js";
import { checkPorts } from "./ports.js";
import { checkSettings } from "./settings.js";
import type { System } from "./system.js";

const CHECKS: readonly (readonly [about: string, check: Check])[] = [
  ["Node.js", checkNode],
  ["DeviceScript", checkDeviceScript],
  ["disk", checkDisk],
  ["firmware", checkFirmware],
  ["ports", checkPorts],
  ["esptool", checkEsptool],
  ["boards", checkBoards],
  [".env.local", checkSettings],
];

/** Looks at everything, whatever comes of one of the checks. */
export async function examine(system: System, checks = CHECKS): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(([about, check]) =>
      check(system).catch((error: unknown) => [
        todo(about, `It could not be looked at: ${error instanceof Error ? error.message : String(error)}`),
      ]),
    ),
  );
  return found.flat();
}

/** @returns the exit code: 0, 1 when something must be done, 2 when something is wrong with the flags */
export async function runDoctor(
  args: readonly string[],
  system: System,
  say: (text: string) => void = console.log,
): Promise<number> {
  const command = new Command("npm run doctor --")
    .description("Looks whether everything is there that a nightlight needs, and says what to do where it is not.")
    .option("--json", "for programs: { ok, findings: [{ about, level, text, remedy }] }, level being ok, note or todo")
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => say(text.trimEnd()), outputError: () => {} })
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const { text, code } = parsingProblem(error, "See npm run doctor -- --help.");
    if (text) say(text);
    return code;
  }
  const findings = await examine(system);
  const needed = findings.filter(({ level }) => level === "todo").length;
  if (command.opts<{ json?: boolean }>().json) say(JSON.stringify({ ok: needed === 0, findings }, null, 2));
  else say(report(findings, needed));
  return needed > 0 ? 1 : 0;
}

function report(findings: readonly Finding[], needed: number): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, level, text, remedy }) => [
    `${level.padEnd(4)}  ${about.padEnd(width)}  ${text}`,
    ...(remedy ? [`${" ".repeat(width + 8)}→ ${remedy}`] : []),
  ]);
  const end = needed === 0 ? "Nothing must be done." : `To be done: ${needed}.`;
  return [...lines, "", end].join("\n");
}
