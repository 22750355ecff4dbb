/** Tests that devicescript-mqtt can be packed and used in a new DeviceScript project, with Mosquitto. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI_FOLDER, CLI_SCRIPT } from "../../scripts/lib/devicescript-cli.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { runNodeScript } from "../../scripts/lib/run-program.js";
import { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto } from "../support/mosquitto.js";
import { runNpm } from "../support/npm.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";

const PACKAGE = path.join(ROOT, "packages/devicescript-mqtt");

describe("the package devicescript-mqtt", () => {
  let folder = "";
  /** The paths of the files in the package. */
  let files: string[] = [];
  /** The folder of a project that `devs init` created and that has the package installed. */
  let project = "";

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "nightlight-package-"));
    const args = ["pack", "--workspace", "devicescript-mqtt", "--json", "--pack-destination", folder];
    const packed = await runNpm("npm", args, ROOT);
    expect(packed.code, packed.err).toBe(0);
    const [{ filename, files: packedFiles }] = JSON.parse(packed.out) as [
      { filename: string; files: { path: string }[] },
    ];
    files = packedFiles.map((file) => file.path).sort();

    project = path.join(folder, "project");
    await mkdir(project);
    const created = await runNodeScript(CLI_SCRIPT, ["init", ".", "--no-install"], project);
    expect(created.code, created.output).toBe(0);
    // Use the compiler of this repository, so that the test needs no network.
    const manifest = JSON.parse(await readFile(path.join(project, "package.json"), "utf8")) as Record<string, unknown>;
    delete manifest.devDependencies;
    await writeFile(path.join(project, "package.json"), JSON.stringify({ ...manifest, name: "project" }));
    const archive = path.join(folder, filename);
    const installed = await runNpm("npm", ["install", "--offline", "--no-audit", "--ignore-scripts", archive], project);
    expect(installed.code, installed.err).toBe(0);
    await mkdir(path.join(project, "node_modules/@devicescript"), { recursive: true });
    await symlink(CLI_FOLDER, path.join(project, "node_modules/@devicescript/cli"), "junction");
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("contains the sources, README and license, and nothing else", () => {
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", "src/index.ts"]));
    for (const file of files) expect(file).toMatch(/^(LICENSE|README\.md|package\.json|src\/[a-z0-9-]+\.ts)$/);
  });

  it.skipIf(isMissing(MOSQUITTO, "Mosquitto"))(
    "publishes and subscribes on Mosquitto in a project of `devs init`",
    async () => {
      const [, program] = (await readFile(path.join(PACKAGE, "README.md"), "utf8")).split(
        /^```ts\r?\n([^]*?)^```\r?$/m,
      );
      await writeFile(path.join(project, "src/main.ts"), program);
      const built = await runNodeScript(CLI_SCRIPT, ["build"], project);
      expect(built.code, built.output).toBe(0);
      const bytecode = await readFile(path.join(project, ".devicescript/bin/bytecode.devs"));
      const mosquitto = await startMosquitto();
      const settings = { MQTT_HOST: "127.0.0.1", MQTT_PORT: mosquitto.port };
      const board = new SimulatedBoard({ id: "kitchen", bytecode, settings });
      const observer = await mqtt.connectAsync(mosquitto.url);
      try {
        const seen: string[] = [];
        const log: string[] = [];
        observer.on("message", (topic, payload) => seen.push(`${topic} ${payload.toString()}`));
        await observer.subscribeAsync("kitchen/online");
        board.on("log", (_level, line) => log.push(line));
        await board.start();
        await eventually(() => seen.includes("kitchen/online yes"), { within: 20_000, what: "the announcement" });
        await observer.publishAsync("kitchen/lamp/set", "on", { qos: 1 });
        await eventually(() => log.includes("kitchen/lamp/set: on"), { within: 20_000, what: "the printed message" });
        expect(board.crashes).toBe(0);
      } finally {
        await board.stop();
        await observer.endAsync();
        await mosquitto.remove();
      }
    },
  );

  it("passes its own tests in the virtual machine", async () => {
    const main = path.join(PACKAGE, "test/main.ts");
    const { code, output } = await runNodeScript(CLI_SCRIPT, ["run", main, "--test", "-k", "-T", "60000"], ROOT);
    expect(output).toMatch(/tests: (\d+), pass: \1, error: 0/);
    expect(code, output).toBe(0);
  });
});
