/** Builds `nightlight-server` as it is published: the compiled server and the bundled dashboard in `server/dist`. */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "../lib/repository.js";
import { runNodeScript } from "../lib/run-program.js";
import { findLatestModification } from "./newest.js";
import { withProgress } from "./progress.js";

/** Bundles the dashboard into `server/dist/dashboard` when it is out of date. */
export async function ensureDashboard({ force = false } = {}): Promise<void> {
  const built = await findLatestModification("server/dist/dashboard/app.js");
  if (
    !force &&
    built >= (await findLatestModification("server/dashboard", "contract", "flashing", "boards", "docs/boards"))
  )
    return;
  await withProgress("the dashboard", "a few seconds", async () => {
    // imports the bundler only here, because most scripts do not need it
    const { buildDashboard } = await import("../../server/dashboard/build.js");
    await buildDashboard(path.join(ROOT, "server/dist/dashboard"));
  });
}

/**
 * Builds the dashboard, and compiles the server into `server/dist`, when they are out of date. Copies the programs for
 * boards that are built, so that the package contains them.
 */
export async function ensureServer({ force = false } = {}): Promise<void> {
  await ensureDashboard({ force });
  await copyPrograms();
  const built = await findLatestModification("server/dist/server/src/main.js");
  if (
    !force &&
    built >= (await findLatestModification("server/src", "contract", "flashing", "server/tsconfig.build.json"))
  )
    return;
  await withProgress("the server", "about 10 seconds", compileServer);
}

/** Replaces `server/dist/firmware` by the programs in `.devicescript/bin`, each in a folder with its description. */
async function copyPrograms(): Promise<void> {
  const [source, target] = [".devicescript/bin", "server/dist/firmware"].map((folder) => path.join(ROOT, folder));
  await rm(target, { recursive: true, force: true });
  for (const name of await readdir(source).catch(() => [])) {
    // only the firmware of boards has a description, unlike other programs for simulated boards
    if (!existsSync(path.join(source, name, "firmware.json"))) continue;
    await mkdir(path.join(target, name), { recursive: true });
    for (const file of ["program.devs", "firmware.json"])
      await copyFile(path.join(source, name, file), path.join(target, name, file));
  }
}

async function compileServer(): Promise<void> {
  // deletes old output first, because the published package must not contain output of deleted source files
  for (const folder of ["server/dist/server", "server/dist/contract", "server/dist/flashing"])
    await rm(path.join(ROOT, folder), { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { code, output } = await runNodeScript(tsc, ["-p", path.join(ROOT, "server/tsconfig.build.json")], ROOT);
  if (code !== 0) throw new Error(`the server does not compile:\n${output.trim()}`);
}
