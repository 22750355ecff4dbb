/** Bundles the dashboard with esbuild. The bundle loads nothing from other hosts. */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { build, type BuildOptions } from "esbuild";
import { en } from "./messages/en.js";
import { fillTemplate } from "./messages/html.js";
import { LANGUAGES } from "./messages/languages.js";

const sourceFolder = fileURLToPath(new URL(".", import.meta.url));

const BUNDLED_FILES = ["style.css", "manage.css", "login.ts", "login.css"];
/** Entry point of the dashboard. Views that it imports dynamically become chunks, which browsers load when needed. */
const ENTRY_FILE = "app.ts";
/** Matches the names of chunks. The names contain a hash, so the build deletes the chunks of earlier builds. */
const CHUNK_NAME = /^chunk-.*\.js(\.br|\.gz)?$/;
/** File name of the shared worker. All dashboard pages in a browser use the same worker. */
const WORKER_FILE = "events-worker.js";
/** Files with the message tables, by language. The page loads one of them. */
const MESSAGE_FILES = Object.keys(LANGUAGES).map((language) => `messages-${language}.js`);
const COPIED_FILES = ["icon.svg"];
/** The folder with the boards' files, and that with the drawings of their wiring. */
const BOARDS_FOLDER = join(sourceFolder, "../../boards");
const DRAWINGS_FOLDER = join(sourceFolder, "../../docs/boards");
/** The boards' files by name, for flashing. */
const BOARDS_FILE = "boards.json";
/** Where the runtimes for the boards' chips come from. The server reads this file, too. */
const RUNTIMES_FILE = "runtimes.json";
/** Folders whose `templates.html` is inserted into index.html. */
const TEMPLATE_FOLDERS = ["overview", "controls", "zones", "board"];
/** Folders whose `templates.html` files are combined into `manage.html`, which lazily loaded views use. */
const LAZY_TEMPLATE_FOLDERS = ["people", "add-board", "alerts"];
/** The HTML pages, which the build fills with the English texts. */
const PAGES = {
  "index.html": createIndexPage,
  "manage.html": () => readTemplates(LAZY_TEMPLATE_FOLDERS),
  "login.html": () => readFile(join(sourceFolder, "login.html"), "utf8"),
};
/** Compression functions by file extension. */
const COMPRESSORS = { br: promisify(brotliCompress), gz: promisify(gzip) };

/**
 * Writes the dashboard and the login page to `outdir`, and creates that folder if necessary. The folder gets no
 * subfolders, so that the pages work below any path. Each file is also written compressed, as `.br` and `.gz`.
 * @throws Error if a source does not compile or the folder cannot be written
 */
export async function buildDashboard(outdir: string): Promise<void> {
  await mkdir(outdir, { recursive: true });
  for (const name of await readdir(outdir)) if (CHUNK_NAME.test(name)) await rm(join(outdir, name));
  const worker = join(outdir, WORKER_FILE);
  await bundle({ entryPoints: [join(sourceFolder, "events", "worker.ts")], outfile: worker });
  // Put a hash into the URL: a browser reuses a running worker with the same URL, even if it is an older version.
  const version = createHash("sha256")
    .update(await readFile(worker))
    .digest("hex")
    .slice(0, 12);
  await Promise.all([
    bundle({ entryPoints: BUNDLED_FILES.map((name) => join(sourceFolder, name)), outdir }),
    bundle({
      entryPoints: [join(sourceFolder, ENTRY_FILE)],
      outdir,
      splitting: true,
      chunkNames: "chunk-[name]-[hash]",
      define: { EVENTS_WORKER: JSON.stringify(`${WORKER_FILE}?${version}`) },
    }),
    bundle({
      entryPoints: Object.keys(LANGUAGES).map((language) => ({
        in: join(sourceFolder, "messages", `${language}.ts`),
        out: `messages-${language}`,
      })),
      outdir,
      charset: "utf8",
    }),
    copyFile(join(sourceFolder, "../../flashing", RUNTIMES_FILE), join(outdir, RUNTIMES_FILE)),
    ...COPIED_FILES.map((name) => copyFile(join(sourceFolder, name), join(outdir, name))),
    ...Object.entries(PAGES).map(async ([name, html]) => writeFile(join(outdir, name), fillTemplate(await html(), en))),
  ]);
  const drawings = await writeBoards(outdir);
  const chunks = (await readdir(outdir)).filter((name) => CHUNK_NAME.test(name));
  const bundled = [...BUNDLED_FILES, ENTRY_FILE].map((name) => name.replace(/ts$/, "js"));
  const files = [
    ...bundled,
    ...chunks,
    WORKER_FILE,
    BOARDS_FILE,
    ...drawings,
    RUNTIMES_FILE,
    ...MESSAGE_FILES,
    ...COPIED_FILES,
    ...Object.keys(PAGES),
  ];
  await Promise.all(files.map((name) => compress(join(outdir, name))));
}

/** Writes the boards' files by name, and copies their drawings. Returns the drawings' names: `board-<name>.svg`. */
async function writeBoards(outdir: string): Promise<string[]> {
  const suffix = ".board.json";
  const names = (await readdir(BOARDS_FOLDER)).filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length)); // prettier-ignore
  const boards = await Promise.all(
    names.map(async (name) => [name, JSON.parse(await readFile(join(BOARDS_FOLDER, name + suffix), "utf8"))] as const),
  );
  await writeFile(join(outdir, BOARDS_FILE), JSON.stringify(Object.fromEntries(boards)));
  const drawings = await readdir(DRAWINGS_FOLDER);
  for (const file of drawings) await copyFile(join(DRAWINGS_FOLDER, file), join(outdir, `board-${file}`));
  return drawings.map((file) => `board-${file}`);
}

async function bundle(options: BuildOptions): Promise<void> {
  await build({
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "silent", // build() throws an error that contains all messages
    ...options,
  });
}

async function compress(file: string): Promise<void> {
  const plain = await readFile(file);
  for (const [extension, compressor] of Object.entries(COMPRESSORS))
    await writeFile(`${file}.${extension}`, await compressor(plain));
}

async function readTemplates(folders: readonly string[]): Promise<string> {
  const files = folders.map((folder) => readFile(join(sourceFolder, folder, "templates.html"), "utf8"));
  return (await Promise.all(files)).join("");
}

async function createIndexPage(): Promise<string> {
  const templates = await readTemplates(TEMPLATE_FOLDERS);
  const html = await readFile(join(sourceFolder, "index.html"), "utf8");
  return html.replace("<!-- templates -->", () => templates);
}
