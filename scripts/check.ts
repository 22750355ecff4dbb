/**
 * `npm run check`: checks builds, boards, format, lint, types and generated documents. Prints details of failed steps only.
 * After the first step, two steps run side by side.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { Command } from "commander";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { runBoardCommand } from "./board/run.js";
import { ensureFirmware } from "./build/firmware.js";
import { findTextProblems } from "./check/page-texts.js";
import { generateDocuments } from "./docs/generate.js";
import { findOutdated } from "./lib/generated-files.js";
import { ROOT } from "./lib/repository.js";
import { runNodeScript } from "./lib/run-program.js";

const require = createRequire(import.meta.url);

/** Returns the path of a command's script, because Node on Windows cannot run the files in node_modules/.bin. */
function findCommandScript(packageName: string, command = packageName): string {
  const manifest = require.resolve(`${packageName}/package.json`);
  const entry = (require(manifest) as { bin: string | Record<string, string> }).bin;
  return path.join(path.dirname(manifest), typeof entry === "string" ? entry : entry[command]);
}

/** Runs a Node.js script, and prints its output if it fails; resolves with whether it succeeded. */
async function runScript(script: string, ...args: string[]): Promise<boolean> {
  const { code, output } = await runNodeScript(script, args, ROOT);
  if (code !== 0) console.error(output.trimEnd());
  return code === 0;
}

async function checkBoards(): Promise<boolean> {
  const code = await runBoardCommand(["check"], ROOT, (line) => {
    if (!line.startsWith("ok ")) console.error(line);
  });
  return code === 0;
}

/** Checks with dependency-cruiser that each folder imports only from the folders that it may depend on. */
function checkImports(): Promise<boolean> {
  const folders = ["contract", "src", "packages", "flashing", "server/src", "server/dashboard", "sim", "scripts"];
  const entry = path.join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  return runScript(entry, "--config", ".dependency-cruiser.mjs", "--output-type", "err", ...folders);
}

async function checkPageTexts(): Promise<boolean> {
  const problems = await findTextProblems();
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

type Step = [what: string, step: () => Promise<unknown>];

/**
 * The step that runs before all others, because linting the firmware needs DeviceScript's libraries, which the first build
 * writes.
 */
const FIRST_STEP: Step = ["the firmware compiles", () => ensureFirmware({ entry: "main" }).then(() => true)];

/** The steps that run after `FIRST_STEP`, the longest first. */
const STEPS: Step[] = [
  ["lint", () => runScript(findCommandScript("eslint"), ".")],
  ["the firmware of every other board compiles", () => ensureFirmware().then(() => true)],
  ["the boards' pins, drawings and tables (npm run board -- check)", checkBoards],
  [
    "format (npm run format repairs it)",
    () => runScript(findCommandScript("prettier"), "--check", "--log-level", "warn", "."),
  ],
  ["imports point down, without cycles (.dependency-cruiser.mjs has the table)", checkImports],
  ["types of the Node code", () => runScript(findCommandScript("typescript", "tsc"), "-p", ".")],
  ["generated documents (npm run docs repairs them)", async () => (await findOutdated(ROOT, await generateDocuments())).length === 0], // prettier-ignore
  ["texts of the page come from complete message tables (CONTRIBUTING.md says how to add one)", checkPageTexts],
  [
    "types of the dashboard",
    () => runScript(findCommandScript("typescript", "tsc"), "-p", "server/dashboard", "--noEmit"),
  ],
];

endOnOutputErrors();
new Command("npm run check --")
  .description(
    "Check format, lint, types, imports, boards, page texts and generated documents. Builds the firmware first.",
  )
  .allowExcessArguments(false)
  .parse();

async function runStep([what, step]: Step): Promise<void> {
  const ok = await step().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return false;
  });
  console.log(`${ok ? "ok    " : "FAILED"} ${what}`);
  if (!ok) process.exitCode = 1;
}

async function runRemainingSteps(): Promise<void> {
  for (let step = STEPS.shift(); step; step = STEPS.shift()) await runStep(step);
}

await runStep(FIRST_STEP);
await Promise.all([runRemainingSteps(), runRemainingSteps()]);
