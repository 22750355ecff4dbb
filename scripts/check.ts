/** `npm run check`: format, lint and types of everything, both dialects; each step's output only when it fails. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runBoardCommand } from "./board.js";
import { ensureFirmware } from "./build.js";
import { generate, outdated } from "./docs.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const require = createRequire(import.meta.url);

/** The script that a package's bin entry of that name points at: works on Windows, where .bin holds shell scripts. */
function bin(packageName: string, name = packageName): string {
  const manifest = require.resolve(`${packageName}/package.json`);
  const entry = (require(manifest) as { bin: string | Record<string, string> }).bin;
  return path.join(path.dirname(manifest), typeof entry === "string" ? entry : entry[name]);
}

function run(script: string, ...args: string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0));
  });
}

async function boardsAreRight(): Promise<boolean> {
  const code = await runBoardCommand(["check"], ROOT, (line) => {
    if (!line.startsWith("ok ")) console.error(line);
  });
  return code === 0;
}

/** Checks which folder imports which. */
function importsAreRight(): Promise<boolean> {
  const folders = ["contract", "src", "server/src", "server/dashboard", "sim", "scripts"];
  const entry = path.join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  return run(entry, "--config", ".dependency-cruiser.mjs", "--output-type", "err", ...folders);
}

const STEPS: [what: string, step: () => Promise<unknown>][] = [
  // first, because linting the firmware needs DeviceScript's libraries, which a build writes
  ["the firmware of every board compiles", () => ensureFirmware().then(() => true)],
  ["the boards' pins, drawings and tables (npm run board -- check)", boardsAreRight],
  ["format (npm run format repairs it)", () => run(bin("prettier"), "--check", "--log-level", "warn", ".")],
  ["lint", () => run(bin("eslint"), ".")],
  ["imports point down, without cycles (.dependency-cruiser.mjs has the table)", importsAreRight],
  ["types of the Node code", () => run(bin("typescript", "tsc"), "-p", ".")],
  ["generated documents (npm run docs repairs them)", async () => (await outdated(await generate())).length === 0],
  ["types of the dashboard", () => run(bin("typescript", "tsc"), "-p", "server/dashboard", "--noEmit")],
];

for (const [what, step] of STEPS) {
  const ok = await step().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return false;
  });
  console.log(`${ok ? "ok    " : "FAILED"} ${what}`);
  if (!ok) process.exitCode = 1;
}
