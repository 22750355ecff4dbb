/**
 * Builds the firmware of each board: `src/main*.ts` is compiled to `.devicescript/bin/<entry>/`. Other programs for
 * simulated boards are compiled the same way. The firmware's folder also has a description, `firmware.json`, by which a
 * server finds the image for a board.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { CLI_SCRIPT } from "../lib/devicescript-cli.js";
import { listFirmwareEntries, ROOT } from "../lib/repository.js";
import { runNodeScript } from "../lib/run-program.js";
import { completeImage } from "./image.js";
import { withBuildLock } from "./lock.js";
import { findLatestModification } from "./newest.js";
import { withProgress } from "./progress.js";

const OUTPUT_FOLDER = ".devicescript/bin";
const PROGRAM_FILES = ["program.devs", "bytecode-dbg.json"];
const FIRMWARE_FILES = [...PROGRAM_FILES, "firmware.json"];

/**
 * Builds the firmware that is out of date, for all boards or for one entry file.
 * @throws Error when the entry file does not exist, or when the firmware does not compile. For the latter, the error
 *   contains the compiler's messages.
 */
export async function ensureFirmware({ force = false, entry: only = "" } = {}): Promise<void> {
  const entries = await listFirmwareEntries();
  if (only && !entries.includes(only))
    throw new Error(`There is no firmware src/${only}.ts; there are ${entries.join(" and ")}.`);
  for (const entry of only ? [only] : entries)
    await withBuildLock(async () => {
      if (!force && (await isUpToDate(entry, FIRMWARE_FILES))) return;
      await buildEntry(`src/${entry}.ts`, entry, `the firmware src/${entry}.ts`, true);
    });
}

/**
 * Builds a program for simulated boards if it is out of date.
 * @param file the program's main file, relative to the repository, with the extension `.ts`
 * @returns the name of the compiled program, for `loadFirmware`
 * @throws Error with the compiler's messages when the program does not compile
 */
export async function ensureProgram(file: string): Promise<string> {
  // a name that no firmware has, without slashes and percent signs, which the URLs of `loadFirmware` could not contain
  const name = `program-${encodeURIComponent(file.slice(0, -".ts".length)).replaceAll("%", "_")}`;
  const folder = path.dirname(file);
  await withBuildLock(async () => {
    if (!(await isUpToDate(name, PROGRAM_FILES, folder === "." ? file : folder)))
      await buildEntry(file, name, file, false);
  });
  return name;
}

async function isUpToDate(entry: string, files: string[], ...ownSources: readonly string[]): Promise<boolean> {
  const built = await Promise.all(files.map((name) => findLatestModification(`${OUTPUT_FOLDER}/${entry}/${name}`)));
  // builds again when DeviceScript's libraries are missing: `npm install` deletes them, and only a build restores them
  if (!(await findLatestModification("node_modules/@devicescript/core/package.json"))) return false;
  const sources = [
    ...ownSources,
    "src",
    "packages/devicescript-mqtt/src",
    "contract",
    "boards",
    "services",
    "scripts/build",
    "devsconfig.json",
    "package.json",
    "node_modules/@devicescript/cli/package.json",
  ];
  return Math.min(...built) >= (await findLatestModification(...sources));
}

/**
 * Compiles a program into the folder `outputName`.
 * @param file the main file, relative to the repository
 * @param title what to call the program in messages
 * @param isFirmware whether the program can be updated over the air
 */
async function buildEntry(file: string, outputName: string, title: string, isFirmware: boolean): Promise<void> {
  const started = new Date(performance.timeOrigin + performance.now());
  // The CLI ignores --out-dir and always writes to .devicescript/bin, so entries cannot be built in parallel.
  const { code, output } = await withProgress(title, "about 10 seconds", () =>
    runNodeScript(CLI_SCRIPT, ["build", file], ROOT),
  );
  if (code !== 0) {
    // omits the line with the version and folder of the compiler
    const messages = stripVTControlCharacters(output)
      .replace(/^using devs: .*\n/, "")
      .trim();
    throw new Error(`${title} does not compile:\n${messages}`);
  }
  const folder = path.join(ROOT, OUTPUT_FOLDER, outputName);
  await mkdir(folder, { recursive: true });
  const compiled = path.join(ROOT, OUTPUT_FOLDER, "bytecode.devs");
  await copyFile(path.join(ROOT, OUTPUT_FOLDER, "bytecode-dbg.json"), path.join(folder, "bytecode-dbg.json"));
  if (isFirmware) await writeFirmware(folder, await readFile(compiled), await readBoardName(file));
  else await copyFile(compiled, path.join(folder, "program.devs"));
  // A source that changes during the build must count as newer than the output.
  for (const name of isFirmware ? FIRMWARE_FILES : PROGRAM_FILES)
    await utimes(path.join(folder, name), started, started);
}

/** Returns the type of board of an entry file, which is the name of the board's file. @throws Error if it imports none */
async function readBoardName(file: string): Promise<string> {
  const board = /"@dsboard\/(\w+)"/.exec(await readFile(path.join(ROOT, file), "utf8"))?.[1];
  if (board === undefined)
    throw new Error(`${file} imports no board: add an import from "@dsboard/<name of the board's file>".`);
  return board;
}

/** Writes the image of a board's firmware and its description, by which a server finds the image. */
async function writeFirmware(folder: string, compiled: Buffer, board: string): Promise<void> {
  const project = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as { version: string };
  const { bytes, version } = completeImage(compiled, project.version);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeFile(path.join(folder, "program.devs"), bytes);
  const description = { board, version, sha256, bytes: bytes.length };
  await writeFile(path.join(folder, "firmware.json"), `${JSON.stringify(description)}\n`);
}
