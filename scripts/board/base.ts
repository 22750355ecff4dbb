/** Creates board files from DeviceScript's own boards with its command `add board`, because only this command can read them. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CLI_SCRIPT } from "../lib/devicescript-cli.js";
import { runNodeScript } from "../lib/run-program.js";
import type { BoardFile } from "./board.js";
import { CHIPS } from "./chips.js";

/**
 * Creates a board file from one of DeviceScript's boards: with the same pins and status LED, and a new `productId`.
 * @param base the name of a DeviceScript board, or a chip such as `esp32c3` for the chip's bare board
 * @throws Error that lists the known boards when `base` is unknown
 */
export async function createBoardFile(base: string, name: string, devName: string): Promise<BoardFile> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-board-"));
  try {
    // creates an empty project, so that the command does not read this repository's boards
    await writeFile(path.join(folder, "package.json"), '{ "name": "board", "version": "1.0.0", "devicescript": {} }');
    const args = ["add", "board", "--base", toDeviceScriptBoardName(base), "--name", devName, "--board", name];
    const { code, output } = await runNodeScript(CLI_SCRIPT, args, folder);
    if (code === 0) return JSON.parse(await readFile(path.join(folder, "boards", `${name}.board.json`), "utf8"));
    const known = parseBases(output);
    if (known.length === 0) throw new Error(`DeviceScript could not make a board from "${base}":\n${output.trim()}`);
    throw new Error(`DeviceScript knows no board "${base}". Use a chip (${Object.keys(CHIPS).join(", ")}) or one of these boards:\n${known.join("\n")}`); // prettier-ignore
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the DeviceScript board for a name: a chip's bare board, or the board itself. */
export const toDeviceScriptBoardName = (base: string): string => (base in CHIPS ? `${base}_bare` : base);

/** Parses the list of boards that DeviceScript prints after an unknown name, and keeps those with supported chips. */
function parseBases(output: string): string[] {
  const found: string[] = [];
  let isSupported = false;
  for (const line of output.split(/\r?\n/)) {
    const [, base, title] = /^\s+--base (\S+)\s+(.*)$/.exec(line) ?? [];
    if (base && isSupported) found.push(`  ${base.padEnd(27)} ${title}`);
    const chip = /^ {2}(\S.*):$/.exec(line)?.[1];
    if (chip) isSupported = Object.values(CHIPS).some(({ name }) => name === chip);
  }
  return found;
}
