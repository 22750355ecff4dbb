/** Tests how the build copies the programs for boards into the package of the server. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { copyPrograms } from "../../scripts/build/programs.js";
import { createTemporaryFolder } from "../server/support/server.js";

test("a build replaces only the programs for boards that have changed, because a server may be reading them", async () => {
  const folder = await createTemporaryFolder();
  const [source, target] = ["source", "target"].map((name) => path.join(folder, name));
  const writeProgram = async (name: string, files: Record<string, string>): Promise<void> => {
    await mkdir(path.join(source, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(path.join(source, name, file), text);
  };
  const readCopy = (name: string) => readFile(path.join(target, name, "program.devs"), "utf8");
  await writeProgram("same", { "program.devs": "one", "firmware.json": "{}" });
  await writeProgram("changing", { "program.devs": "two", "firmware.json": "{}" });
  await writeProgram("leaving", { "program.devs": "three", "firmware.json": "{}" });
  await writeProgram("not for boards", { "program.devs": "four" });
  await copyPrograms(source, target);
  expect((await readdir(target)).sort()).toEqual(["changing", "leaving", "same"]);
  const before = await stat(path.join(target, "same"));

  await writeProgram("changing", { "program.devs": "five" });
  await rm(path.join(source, "leaving"), { recursive: true });
  await copyPrograms(source, target);
  expect((await readdir(target)).sort()).toEqual(["changing", "same"]);
  expect([await readCopy("same"), await readCopy("changing")]).toEqual(["one", "five"]);
  const after = await stat(path.join(target, "same"));
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  expect((await readdir(path.join(target, "changing"))).sort()).toEqual(["firmware.json", "program.devs"]);
});
