/** `npm run build [-- firmware|server|dashboard] [--force]`: builds what is out of date, or everything with `--force`. */
import { ensureFirmware } from "./build/firmware.js";
import { ensureDashboard, ensureServer } from "./build/server.js";

const BUILD_TARGETS = { firmware: ensureFirmware, server: ensureServer, dashboard: ensureDashboard };

async function main(args: string[]): Promise<void> {
  const force = args.includes("--force");
  const named = args.filter((arg) => arg !== "--force");
  const unknown = named.find((name) => !(name in BUILD_TARGETS));
  if (unknown)
    throw new Error(`There is no build target "${unknown}"; there are ${Object.keys(BUILD_TARGETS).join(", ")}.`);
  for (const [name, ensure] of Object.entries(BUILD_TARGETS)) {
    if (named.length === 0 || named.includes(name)) await ensure({ force });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
