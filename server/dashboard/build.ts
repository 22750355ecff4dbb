/** Bundles the pages: everything the browser needs, and nothing from anywhere else. */

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

const BUNDLED = ["app.ts", "style.css", "login.ts", "login.css"];
const COPIED = ["login.html", "icon.svg"];
/** Rooms whose templates go into the page. */
const ROOMS = ["overview", "controls", "zones", "board"];

/**
 * Writes the dashboard and the login page into `outdir`, which is made when it is missing: no folders in it, so that
 * the pages work below any path.
 * @throws when a source does not compile, or the folder cannot be written.
 */
export async function buildDashboard(outdir: string): Promise<void> {
  await mkdir(outdir, { recursive: true });
  await Promise.all([
    build({
      entryPoints: BUNDLED.map((name) => join(here, name)),
      outdir,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      logLevel: "silent", // a failure is thrown, with every message in it
    }),
    ...COPIED.map((name) => copyFile(join(here, name), join(outdir, name))),
    page().then((html) => writeFile(join(outdir, "index.html"), html)),
  ]);
}

async function page(): Promise<string> {
  const templates = await Promise.all(ROOMS.map((room) => readFile(join(here, room, "templates.html"), "utf8")));
  const html = await readFile(join(here, "index.html"), "utf8");
  return html.replace("<!-- templates -->", () => templates.join(""));
}
