/** Compiles small device programs for tests and benchmarks, and caches the results by their sources. */
import { createHash, randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Firmware } from "../../sim/firmware.js";
import type { DebugInfo } from "../../sim/positions.js";
import { CLI_FOLDER, CLI_SCRIPT } from "./devicescript-cli.js";
import { runNodeScript } from "./run-program.js";
import { ROOT } from "./repository.js";

const CACHE_FOLDER = path.join(ROOT, "node_modules", ".cache", "nightlight");
/** Folders of the repository that every program may use: boards and declarations of Jacdac services. */
const SHARED_FOLDERS = ["boards", "services"];
const PROJECT_FILES = {
  "package.json": '{ "name": "test", "version": "1.0.0", "devicescript": {} }',
  "devsconfig.json": "{}",
};

/**
 * Compiles a program with the entry file `src/main.ts`, which may import the repository's boards and services.
 * @param files source texts by path, such as `src/main.ts` and `contract/rule.ts`; a string is the text of `src/main.ts`
 * @throws Error with the compiler's messages
 */
export async function compile(files: string | Record<string, string>): Promise<Uint8Array> {
  return (await compileWithDebugInfo(files)).bytecode;
}

/** Compiles like `compile`, and also returns the debug information with source positions. */
export async function compileWithDebugInfo(files: string | Record<string, string>): Promise<Firmware> {
  const sources = { ...PROJECT_FILES, ...(typeof files === "string" ? { "src/main.ts": files } : files) };
  const cached = path.join(CACHE_FOLDER, await hashSources(sources));
  const known = await readCompiled(cached);
  if (known) return known;
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-firmware-"));
  try {
    for (const name of SHARED_FOLDERS) await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
    for (const [name, text] of Object.entries(sources)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    await buildProgram(folder);
    // fills the cache with an atomic rename, because several test files may compile the same program at once
    const copy = `${cached}.${randomUUID()}`;
    await cp(path.join(folder, ".devicescript", "bin"), copy, { recursive: true });
    await rename(copy, cached).catch(() => rm(copy, { recursive: true, force: true }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const compiled = await readCompiled(cached);
  if (!compiled) throw new Error(`The compiled program was not found in ${cached}.`);
  return compiled;
}

/** Hashes everything that the result depends on: the sources, the shared folders and the compiler's version. */
async function hashSources(sources: Record<string, string>): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(sources));
  hash.update(await readFile(path.join(CLI_FOLDER, "package.json")));
  for (const folder of SHARED_FOLDERS)
    for (const name of (await readdir(path.join(ROOT, folder))).sort())
      hash.update(name).update(await readFile(path.join(ROOT, folder, name)));
  return hash.digest("hex").slice(0, 32);
}

/** Reads a compiled program; undefined when the folder has none. */
async function readCompiled(folder: string): Promise<Firmware | undefined> {
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

async function buildProgram(folder: string): Promise<void> {
  const { code, output } = await runNodeScript(CLI_SCRIPT, ["build", "src/main.ts"], folder);
  if (code !== 0) throw new Error(`The program does not compile:\n${output.trim()}`);
}
