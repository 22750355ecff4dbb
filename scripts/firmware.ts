/**
 * Small device programs, of a test or a benchmark, compiled as a user's are, and kept as long as nothing they are made of
 * changes.
 */
import { createHash, randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Firmware } from "../sim/firmware.js";
import type { DebugInfo } from "../sim/positions.js";
import { ROOT, run } from "./build.js";

const CACHE = path.join(ROOT, "node_modules", ".cache", "nightlight");
const CLI = path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json"));
const PROJECT = {
  "package.json": '{ "name": "test", "version": "1.0.0", "devicescript": {} }',
  "devsconfig.json": "{}",
};

/**
 * Compiles a program whose entry is `src/main.ts`, the repository's boards at hand; a string is that file alone.
 * @param files texts by path, such as `src/main.ts` or `contract/rule.ts`
 * @throws Error with the compiler's messages
 */
export async function compile(files: string | Record<string, string>): Promise<Uint8Array> {
  return (await compileWithDebug(files)).bytecode;
}

/** `compile`, with what tells source positions. */
export async function compileWithDebug(files: string | Record<string, string>): Promise<Firmware> {
  const sources = { ...PROJECT, ...(typeof files === "string" ? { "src/main.ts": files } : files) };
  const kept = path.join(CACHE, await fingerprint(sources));
  const have = await read(kept);
  if (have) return have;
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-firmware-"));
  try {
    await cp(path.join(ROOT, "boards"), path.join(folder, "boards"), { recursive: true });
    for (const [name, text] of Object.entries(sources)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    await build(folder);
    // whole or not at all: several test files may compile the same program at once
    const made = `${kept}.${randomUUID()}`;
    await cp(path.join(folder, ".devicescript", "bin"), made, { recursive: true });
    await rename(made, kept).catch(() => rm(made, { recursive: true, force: true }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const made = await read(kept);
  if (!made) throw new Error(`The compiled program was not found in ${kept}.`);
  return made;
}

async function fingerprint(sources: Record<string, string>): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(sources));
  hash.update(await readFile(path.join(CLI, "package.json")));
  for (const name of (await readdir(path.join(ROOT, "boards"))).sort())
    hash.update(name).update(await readFile(path.join(ROOT, "boards", name)));
  return hash.digest("hex").slice(0, 32);
}

async function read(folder: string): Promise<Firmware | undefined> {
  try {
    const debug = await readFile(path.join(folder, "bytecode-dbg.json"), "utf8");
    return {
      bytecode: await readFile(path.join(folder, "bytecode.devs")),
      debug: JSON.parse(debug) as DebugInfo,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function build(folder: string): Promise<void> {
  const { code, output } = await run(path.join(CLI, "devicescript"), ["build", "src/main.ts"], folder);
  if (code !== 0) throw new Error(`The program does not compile:\n${output.trim()}`);
}
