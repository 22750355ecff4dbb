/** Bundles the pages: everything the browser needs, and nothing from anywhere else. */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { build, type BuildOptions } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

const BUNDLED = ["app.ts", "style.css", "login.ts", "login.css"];
/** What all pages of a browser share. */
const WORKER = "events-worker.js";
const COPIED = ["login.html", "icon.svg"];
/** Rooms whose templates go into the page. */
const ROOMS = ["overview", "controls", "zones", "board"];
/** What goes over the network: each file as well as these make it. */
const COMPRESSED = { br: promisify(brotliCompress), gz: promisify(gzip) };

/**
 * Writes the dashboard and the login page into `outdir`, which is made when it is missing: no folders in it, so that
 * the pages work below any path. Beside each file it is there compressed, `.br` and `.gz`, so that nothing is compressed
 * while somebody waits.
 * @throws when a source does not compile, or the folder cannot be written.
 */
export async function buildDashboard(outdir: string): Promise<void> {
  await mkdir(outdir, { recursive: true });
  const worker = join(outdir, WORKER);
  await bundle({ entryPoints: [join(here, "events", "worker.ts")], outfile: worker });
  // a browser connects a page to the worker of the same address that runs already, whatever version that is of
  const version = createHash("sha256")
    .update(await readFile(worker))
    .digest("hex")
    .slice(0, 12);
  await Promise.all([
    bundle({
      entryPoints: BUNDLED.map((name) => join(here, name)),
      outdir,
      define: { EVENTS_WORKER: JSON.stringify(`${WORKER}?${version}`) },
    }),
    ...COPIED.map((name) => copyFile(join(here, name), join(outdir, name))),
    page().then((html) => writeFile(join(outdir, "index.html"), html)),
  ]);
  const files = [...BUNDLED.map((name) => name.replace(/ts$/, "js")), WORKER, ...COPIED, "index.html"];
  await Promise.all(files.map((name) => compress(join(outdir, name))));
}

async function bundle(options: BuildOptions): Promise<void> {
  await build({
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "silent", // a failure is thrown, with every message in it
    ...options,
  });
}

async function compress(file: string): Promise<void> {
  const plain = await readFile(file);
  for (const [ending, made] of Object.entries(COMPRESSED)) await writeFile(`${file}.${ending}`, await made(plain));
}

async function page(): Promise<string> {
  const templates = await Promise.all(ROOMS.map((room) => readFile(join(here, room, "templates.html"), "utf8")));
  const html = await readFile(join(here, "index.html"), "utf8");
  return html.replace("<!-- templates -->", () => templates.join(""));
}
