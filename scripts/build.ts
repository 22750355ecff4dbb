/** `npm run build [-- firmware|server|dashboard] [--force]`: builds what is out of date, or everything with `--force`. */
import { Argument, Command } from "commander";
import { ensureFirmware } from "./build/firmware.js";
import { ensureDashboard, ensureServer } from "./build/server.js";

const BUILD_TARGETS = { firmware: ensureFirmware, server: ensureServer, dashboard: ensureDashboard };
const TARGET_NAMES = Object.keys(BUILD_TARGETS);

/** The script of package.json that npm runs: `build`, `build:server` or `build:firmware`. */
const { npm_lifecycle_event: script } = process.env;

async function build(targets: readonly string[], force: boolean): Promise<void> {
  for (const [name, ensure] of Object.entries(BUILD_TARGETS))
    if (targets.length === 0 || targets.includes(name)) await ensure({ force });
}

await new Command(`npm run ${script?.startsWith("build") ? script : "build"} --`)
  .description("Build the firmware of all boards, the server and the dashboard, unless they are up to date.")
  .addArgument(new Argument("[targets...]", "what to build (default: everything)").choices(TARGET_NAMES))
  .option("--force", "build again what is up to date")
  .action((targets: string[], { force = false }: { force?: boolean }) => build(targets, force))
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
