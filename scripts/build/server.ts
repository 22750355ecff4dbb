/** Builds `nightlight-server` as it is published: the compiled server and the bundled dashboard in `server/dist`. */
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "../lib/repository.js";
import { runNodeScript } from "../lib/run-program.js";
import { findLatestModification } from "./newest.js";
import { copyPrograms } from "./programs.js";
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
  await copyPrograms(path.join(ROOT, ".devicescript/bin"), path.join(ROOT, "server/dist/firmware"));
  const built = await findLatestModification("server/dist/server/src/main.js");
  if (
    !force &&
    built >= (await findLatestModification("server/src", "contract", "flashing", "server/tsconfig.build.json"))
  )
    return;
  await withProgress("the server", "about 10 seconds", compileServer);
}

async function compileServer(): Promise<void> {
  // deletes old output first, because the published package must not contain output of deleted source files
  for (const folder of ["server/dist/server", "server/dist/contract", "server/dist/flashing"])
    await rm(path.join(ROOT, folder), { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { code, output } = await runNodeScript(tsc, ["-p", path.join(ROOT, "server/tsconfig.build.json")], ROOT);
  if (code !== 0) throw new Error(`the server does not compile:\n${output.trim()}`);
}
