/** Builds the firmware of each board: `src/main*.ts` is compiled to `.devicescript/bin/<entry>/`. */
import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { CLI_SCRIPT } from "../lib/devicescript-cli.js";
import { listFirmwareEntries, ROOT } from "../lib/repository.js";
import { runNodeScript } from "../lib/run-program.js";
import { withBuildLock } from "./lock.js";
import { findLatestModification } from "./newest.js";

const OUTPUT_FOLDER = ".devicescript/bin";
const OUTPUT_FILES = ["bytecode.devs", "bytecode-dbg.json"];

/**
 * Builds the firmware that is out of date, for all boards or for one entry file.
 * @throws Error when the entry file does not exist, or when the firmware does not compile. For the latter, the error
 *   contains the compiler's messages.
 */
export async function ensureFirmware({ force = false, entry: only = "" } = {}): Promise<void> {
  const entries = await listFirmwareEntries();
  if (only && !entries.includes(only))
    throw new Error(`There is no firmware src/${only}.ts; there are ${entries.join(" and ")}.`);
  await withBuildLock(async () => {
    for (const entry of only ? [only] : entries) {
      if (!force && (await isUpToDate(entry))) continue;
      console.log(`building the firmware src/${entry}.ts`);
      await buildEntry(entry);
    }
  });
}

async function isUpToDate(entry: string): Promise<boolean> {
  const built = await Promise.all(
    OUTPUT_FILES.map((name) => findLatestModification(`${OUTPUT_FOLDER}/${entry}/${name}`)),
  );
  // builds again when DeviceScript's libraries are missing: `npm install` deletes them, and only a build restores them
  if (!(await findLatestModification("node_modules/@devicescript/core/package.json"))) return false;
  const sources = [
    "src",
    "packages/devicescript-mqtt/src",
    "contract",
    "boards",
    "devsconfig.json",
    "package.json",
    "node_modules/@devicescript/cli/package.json",
  ];
  return Math.min(...built) >= (await findLatestModification(...sources));
}

async function buildEntry(entry: string): Promise<void> {
  // The CLI ignores --out-dir and always writes to .devicescript/bin, so entries cannot be built in parallel.
  const { code, output } = await runNodeScript(CLI_SCRIPT, ["build", `src/${entry}.ts`], ROOT);
  if (code !== 0) throw new Error(`the firmware src/${entry}.ts does not compile:\n${output.trim()}`);
  const folder = path.join(ROOT, OUTPUT_FOLDER, entry);
  await mkdir(folder, { recursive: true });
  for (const name of OUTPUT_FILES) await copyFile(path.join(ROOT, OUTPUT_FOLDER, name), path.join(folder, name));
}
