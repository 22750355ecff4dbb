import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createBoardImage, isImageFor, type BoardFile } from "../../flashing/board-image.js";
import { CLI_SCRIPT } from "../../scripts/lib/devicescript-cli.js";
import { loadBoards } from "../../scripts/board/board.js";
import { loadRuntimeSources } from "../../scripts/flash/runtime.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { runProgram } from "../../scripts/lib/run-program.js";
import { failureOf } from "./support/failure.js";
import { createRuntime } from "./support/project.js";

const CHIP_NUMBERS: Readonly<Record<string, number>> = { esp32: 0, esp32s2: 2, esp32s3: 9, esp32c3: 5 };

/** Adds a board's pins to the runtime with DeviceScript's own command. */
async function createImageWithDeviceScript(board: string, name: string, runtime: Uint8Array) {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-image-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const cache = path.join(folder, ".devicescript", "cache");
  await cp(path.join(ROOT, "boards"), path.join(folder, "boards"), { recursive: true });
  await writeFile(path.join(folder, "package.json"), '{ "name": "test", "version": "1.0.0", "devicescript": {} }');
  await writeFile(path.join(folder, "devsconfig.json"), "{}");
  await mkdir(cache, { recursive: true });
  await writeFile(path.join(cache, name), runtime);
  const args = [CLI_SCRIPT, "flash", "esp32", "--board", board, "--remote"];
  const env = { ...process.env, NO_UPDATE_NOTIFIER: "1", CI: "1" };
  const { output } = await runProgram(process.execPath, args, { cwd: folder, env, within: 60_000 });
  const file = (await readdir(cache)).find((entry) => entry !== name);
  if (!file) throw new Error(output);
  return { bytes: await readFile(path.join(cache, file)), offset: Number(/-(0x[0-9a-f]+)\.bin$/.exec(file)![1]) };
}

test("every board's image is the one that DeviceScript's own command makes", async () => {
  const boards = await loadBoards(ROOT);
  const sources = await loadRuntimeSources(ROOT);
  // one board of each chip, because the command takes seconds
  const archs = [...new Set(boards.map(({ file }) => file.archId))];
  for (const arch of archs) {
    const { name, file } = boards.find((board) => board.file.archId === arch)!;
    const runtime = createRuntime(CHIP_NUMBERS[arch]);
    const expected = await createImageWithDeviceScript(name, path.basename(sources[arch].url), runtime);
    const image = createBoardImage(name, file, runtime);
    expect(image.offset, name).toBe(expected.offset);
    expect(Buffer.from(image.bytes).equals(expected.bytes), name).toBe(true);
  }
});

test("a new configuration replaces the one in the runtime", async () => {
  const [{ name, file }] = await loadBoards(ROOT);
  const first = createBoardImage(
    name,
    { ...file, devName: "A board with a name that is much longer" },
    createRuntime(),
  );
  expect(createBoardImage(name, file, first.bytes).bytes).toHaveLength(first.bytes.length);
  expect(Buffer.from(createBoardImage(name, file, first.bytes).bytes).includes("much longer")).toBe(false);
});

test("a runtime with other data in the place of the pins is refused", async () => {
  const [{ name, file }] = await loadBoards(ROOT);
  const runtime = createRuntime();
  runtime.write("code", 0x9000);
  const error = await failureOf(Promise.resolve().then(() => createBoardImage(name, file, runtime)));
  expect(error.step).toBe("the runtime");
});

test("a board's file with a value that the format cannot express names the key", async () => {
  const board: BoardFile = { archId: "esp32c3", devName: "x", pins: { P1: 2 ** 40 } };
  const error = await failureOf(Promise.resolve().then(() => createBoardImage("x", board, createRuntime())));
  expect(error.problem).toContain("pins.P1");
});

test("an image is recognized by the type of its chip", () => {
  expect(isImageFor("esp32c3", createRuntime(5))).toBe(true);
  expect(isImageFor("esp32s3", createRuntime(5))).toBe(false);
});
