/**
 * `npm run build [-- firmware|server|dashboard]`: builds what is out of date; `--force` builds all the same.
 *
 * The firmware of each entry `src/main*.ts` goes to `.devicescript/bin/<entry>/`.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { takeVersion, VERSION_FILE } from "./version.js";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BIN = path.join(ROOT, ".devicescript", "bin");
const IMAGE = ["bytecode.devs", "bytecode-dbg.json"];
const require = createRequire(import.meta.url);

/** What a program printed and how it ended. */
export interface Outcome {
  code: number;
  output: string;
}

/** Runs a Node program to its end. */
export function run(script: string, args: string[], cwd = ROOT): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, NO_UPDATE_NOTIFIER: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Time of the newest file below these paths, in ms; paths that do not exist count as never changed. */
async function newest(...paths: string[]): Promise<number> {
  let latest = 0;
  for (const name of paths) {
    const info = await stat(name).catch(() => undefined);
    if (!info) continue;
    if (!info.isDirectory()) latest = Math.max(latest, info.mtimeMs);
    else for (const entry of await readdir(name)) latest = Math.max(latest, await newest(path.join(name, entry)));
  }
  return latest;
}

const inRoot = (...names: string[]) => names.map((name) => path.join(ROOT, name));

/** The firmware's entries: `main` for `src/main.ts`, and one for each other board. */
export async function firmwareEntries(): Promise<string[]> {
  const files = await readdir(path.join(ROOT, "src"));
  return files.filter((name) => /^main\w*\.ts$/.test(name)).map((name) => name.slice(0, -".ts".length));
}

async function firmwareIsFresh(entry: string): Promise<boolean> {
  const image = path.join(BIN, entry);
  const built = await Promise.all(IMAGE.map((name) => newest(path.join(image, name))));
  // `npm install` deletes DeviceScript's libraries, which a build writes; editor and linter need them
  if (!(await newest(path.join(ROOT, "node_modules/@devicescript/core/package.json")))) return false;
  const sources = inRoot("src", "contract", "boards", "devsconfig.json", "node_modules/@devicescript/cli/package.json");
  return Math.min(...built) >= (await newest(...sources));
}

async function buildFirmware(entry: string): Promise<void> {
  const cli = path.join(path.dirname(require.resolve("@devicescript/cli/package.json")), "devicescript");
  // The CLI ignores --out-dir: it always writes to .devicescript/bin, so that entries are built one after the other.
  const { code, output } = await run(cli, ["build", `src/${entry}.ts`]);
  if (code !== 0) throw new Error(`the firmware src/${entry}.ts does not compile:\n${output.trim()}`);
  await mkdir(path.join(BIN, entry), { recursive: true });
  for (const name of IMAGE) await copyFile(path.join(BIN, name), path.join(BIN, entry, name));
}

const LOCK = path.join(ROOT, ".devicescript", "building");
/** No build takes longer, in ms: what holds the lock then is another program that got the number of one that was killed. */
const STALE_LOCK = 120_000;

/** Whether whoever holds the lock still builds. */
async function isHeld(): Promise<boolean> {
  const holder = Number(await readFile(LOCK, "utf8").catch(() => "0"));
  if (Date.now() - (await newest(LOCK)) > STALE_LOCK) return false;
  try {
    // signal 0 asks whether the process is there; before its number is written, holder is 0: ourselves
    return process.kill(holder, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Only one build at a time may write to `.devicescript/bin`, whichever processes ask for it. */
async function withLock(work: () => Promise<void>): Promise<void> {
  await mkdir(path.dirname(LOCK), { recursive: true });
  for (let waited = 0; ; waited++) {
    const taken = await writeFile(LOCK, String(process.pid), { flag: "wx" }).catch((e: NodeJS.ErrnoException) => e);
    if (!taken) break;
    if (taken.code !== "EEXIST") throw taken;
    if (waited === 10) console.log("waiting for another build of the firmware to finish");
    if (await isHeld()) await sleep(100);
    else await rm(LOCK, { force: true });
  }
  try {
    await work();
  } finally {
    await rm(LOCK, { force: true });
  }
}

/**
 * Builds the firmware that is out of date: of one entry, or of every board.
 * @throws Error when there is no such entry; with the compiler's messages when it does not compile
 */
export async function ensureFirmware({ force = false, entry: only = "" } = {}): Promise<void> {
  const entries = await firmwareEntries();
  if (only && !entries.includes(only))
    throw new Error(`There is no firmware src/${only}.ts; there are ${entries.join(" and ")}.`);
  await withLock(async () => {
    if (await takeVersion(ROOT)) console.log(`took the package's version into ${VERSION_FILE}`);
    for (const entry of only ? [only] : entries) {
      if (!force && (await firmwareIsFresh(entry))) continue;
      console.log(`building the firmware src/${entry}.ts`);
      await buildFirmware(entry);
    }
  });
}

/** Bundles the dashboard into `server/dist/dashboard` when it is out of date. */
export async function ensureDashboard({ force = false } = {}): Promise<void> {
  const out = path.join(ROOT, "server/dist/dashboard");
  const built = await newest(path.join(out, "app.js"));
  if (!force && built >= (await newest(...inRoot("server/dashboard", "contract")))) return;
  console.log("building the dashboard");
  const { buildDashboard } = await import("../server/dashboard/build.js");
  await buildDashboard(out);
}

/** Compiles `nightlight-server` to `server/dist`, as it is published. */
export async function ensureServer({ force = false } = {}): Promise<void> {
  await ensureDashboard({ force });
  const built = await newest(path.join(ROOT, "server/dist/server/src/main.js"));
  if (!force && built >= (await newest(...inRoot("server/src", "contract", "server/tsconfig.build.json")))) return;
  console.log("building the server");
  // what was made of a source that is gone must not be shipped
  for (const folder of ["server/dist/server", "server/dist/contract"])
    await rm(path.join(ROOT, folder), { recursive: true, force: true });
  const tsc = require.resolve("typescript/bin/tsc");
  const { code, output } = await run(tsc, ["-p", path.join(ROOT, "server/tsconfig.build.json")]);
  if (code !== 0) throw new Error(`the server does not compile:\n${output.trim()}`);
}

const TARGETS = { firmware: ensureFirmware, server: ensureServer, dashboard: ensureDashboard };

async function main(args: string[]): Promise<void> {
  const force = args.includes("--force");
  const named = args.filter((arg) => arg !== "--force");
  const unknown = named.find((name) => !(name in TARGETS));
  if (unknown) throw new Error(`nothing to build is called "${unknown}": there are ${Object.keys(TARGETS).join(", ")}`);
  for (const [name, ensure] of Object.entries(TARGETS)) {
    if (named.length === 0 || named.includes(name)) await ensure({ force });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
