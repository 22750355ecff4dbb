/** The boards that DeviceScript knows, asked of its own command: it carries them, and offers no other way to them. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "../build.js";
import type { BoardFile } from "./board.js";
import { CHIPS } from "./chips.js";

/**
 * A board file made from one of DeviceScript's, with its pins, its status LED and a `productId` of its own.
 * @param base a board of DeviceScript's, or a chip (`esp32c3`) for what its bare board has
 * @throws Error that lists what there is when there is no such board
 */
export async function boardFrom(base: string, name: string, devName: string): Promise<BoardFile> {
  const cli = path.join(
    path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json")),
    "devicescript",
  );
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-board-"));
  try {
    // its command works in a project of its own, so that it reads no board of ours
    await writeFile(path.join(folder, "package.json"), '{ "name": "board", "version": "1.0.0", "devicescript": {} }');
    const args = ["add", "board", "--base", baseBoard(base), "--name", devName, "--board", name];
    const { code, output } = await run(cli, args, folder);
    if (code === 0) return JSON.parse(await readFile(path.join(folder, "boards", `${name}.board.json`), "utf8"));
    const known = basesIn(output);
    if (known.length === 0) throw new Error(`DeviceScript could not make a board from "${base}":\n${output.trim()}`);
    throw new Error(`DeviceScript knows no board "${base}". A nightlight can be made from a chip (${Object.keys(CHIPS).join(", ")}) or from\n${known.join("\n")}`); // prettier-ignore
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const baseBoard = (base: string): string => (base in CHIPS ? `${base}_bare` : base);

/** The boards that DeviceScript lists when it is asked for one that it does not know; those with our chips. */
function basesIn(output: string): string[] {
  const found: string[] = [];
  let ours = false;
  for (const line of output.split(/\r?\n/)) {
    const [, base, title] = /^\s+--base (\S+)\s+(.*)$/.exec(line) ?? [];
    if (base && ours) found.push(`  ${base.padEnd(27)} ${title}`);
    const chip = /^ {2}(\S.*):$/.exec(line)?.[1];
    if (chip) ours = Object.values(CHIPS).some(({ name }) => name === chip);
  }
  return found;
}
