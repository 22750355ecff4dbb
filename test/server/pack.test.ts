/** Packs the npm package, installs it into an empty folder, and tests it there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { runNpm } from "../support/npm.js";
import { TEST_ALL } from "../support/programs.js";
import { ask } from "./support/api.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder = "";
/** The paths of the files in the package. */
let files: string[] = [];
/** Why the installation failed, for example without a network; "" on success. */
let installProblem = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightlight-pack-"));
  const packed = await runNpm("npm", ["pack", "--workspace", "server", "--json", "--pack-destination", folder], ROOT);
  expect(packed.code, packed.err).toBe(0);
  // skip the output of the build, which precedes the JSON
  const [{ filename, files: inside }] = JSON.parse(packed.out.slice(packed.out.search(/^\[/m))) as [
    { filename: string; files: { path: string }[] },
  ];
  files = inside.map((file) => file.path);
  await writeFile(path.join(folder, "package.json"), '{"private": true}');
  const flags = ["--prefer-offline", "--no-audit", "--no-fund"];
  const installed = await runNpm("npm", ["install", ...flags, path.join(folder, filename)], folder);
  if (installed.code === 0) return;
  if (!TEST_ALL && /E?NOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(installed.err))
    installProblem = "the npm registry cannot be reached, and the cache has not all that is needed";
  else throw new Error(`npm install failed: ${installed.err}`);
});

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test("the package contains all needed files, and no sources, tests or source maps", () => {
  for (const needed of [
    "package.json",
    "README.md",
    "LICENSE",
    "bin/nightlight-server.js",
    "dist/dashboard/index.html",
  ])
    expect(files).toContain(needed);
  expect(files).toContain("dist/server/src/index.d.ts");
  expect(files.filter((file) => !/^(package\.json|README\.md|LICENSE|bin\/|dist\/)/.test(file))).toEqual([]);
  expect(files.filter((file) => /\.map$|\.test\.|(?<!\.d)\.ts$|tsbuildinfo$/.test(file))).toEqual([]);
});

test("npx nightlight-server prints its version, and help that names this command", async ({ skip }) => {
  skip(installProblem !== "", installProblem);
  const { version } = JSON.parse(await readFile(path.join(ROOT, "server/package.json"), "utf8")) as { version: string };
  const said = await runNpm("npx", ["--no-install", "nightlight-server", "--version"], folder);
  expect({ code: said.code, out: said.out.trim() }).toEqual({ code: 0, out: version });
  const help = await runNpm("npx", ["--no-install", "nightlight-server", "--help"], folder);
  expect(help.out).toMatch(/^Usage: npx nightlight-server \[options\]/);
});

test("the installed server starts, is healthy, serves the dashboard and the OpenAPI document, and exits", async ({
  skip,
}) => {
  skip(installProblem !== "", installProblem);
  const program = path.join(folder, "node_modules/nightlight-server/bin/nightlight-server.js");
  const flags = ["--mqtt-port", "0", "--http-port", "0", "--data", path.join(folder, "data")];
  const child = spawn(process.execPath, [program, ...flags], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  try {
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    const url = await eventually(() => /Dashboard and API at (http:\S+)/.exec(said)?.[1], {
      within: 20_000,
      what: `the address; it said: ${said}`,
    });
    await eventually(() => said.includes(`Ready: open ${url}, press Ctrl+C to stop`), { what: `Ready in: ${said}` });
    for (const health of ["/healthz", "/readyz"])
      await eventually(async () => (await ask(url, health)).status === 200, { what: health });
    const page = await ask(url, "/");
    expect(page.headers["content-type"]).toMatch(/^text\/html/);
    const assets = [...(page.body as string).matchAll(/(?:src|href)="([\w./-]+\.(?:js|css|svg))"/g)].map(
      ([, name]) => name,
    );
    expect(assets.length).toBeGreaterThan(1);
    // the page shows the next step: a command that publishes a reading, and how to connect a board
    expect(page.body).toContain('data-part="next-publish-command"');
    expect((await ask(url, "/api/new-board")).body).toMatchObject({ start_command: "npx nightlight-server" });
    for (const asset of assets) expect((await ask(url, `/${asset}`)).status, asset).toBe(200);
    expect((await ask(url, "/api/openapi.json")).body).toMatchObject({ openapi: "3.1.0" });
    expect(await readdir(path.join(folder, "data"))).not.toEqual([]);
    if (process.platform === "win32") return;
    child.kill("SIGTERM");
    const [code] = (await once(child, "close")) as [number | null];
    expect(code, said).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});

test("the package is a library with types", async ({ skip }) => {
  skip(installProblem !== "", installProblem);
  const script = `import { startServer, VERSION } from "nightlight-server";
    const server = await startServer({ mqttPort: 0, httpPort: 0, data: "library" });
    console.log(VERSION, new URL(server.httpUrl).protocol);
    await server.close();`;
  await writeFile(path.join(folder, "library.mjs"), script);
  const child = spawn(process.execPath, ["library.mjs"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, out: out.trim() }).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\S* http:$/) });
  const types = await readFile(path.join(folder, "node_modules/nightlight-server/dist/server/src/index.d.ts"), "utf8");
  expect(types).toContain("startServer");
});
