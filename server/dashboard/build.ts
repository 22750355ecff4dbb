/** Bundles the page: everything the browser needs, and nothing from anywhere else. */

import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Writes `index.html`, `style.css`, `app.js` and `icon.svg` into `outdir`, which is made when it is missing.
 * @throws when a source does not compile, or the folder cannot be written.
 */
export async function buildDashboard(outdir: string): Promise<void> {
  await mkdir(outdir, { recursive: true });
  await Promise.all([
    build({
      entryPoints: [join(here, "app.ts"), join(here, "style.css")],
      outdir,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      logLevel: "silent", // a failure is thrown, with every message in it
    }),
    ...["index.html", "icon.svg"].map((name) => copyFile(join(here, name), join(outdir, name))),
  ]);
}
