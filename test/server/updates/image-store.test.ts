/** Tests the copies of programs in the data folder. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { readImage } from "../../../server/src/updates/firmware-image.js";
import { ImageStore } from "../../../server/src/updates/image-store.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder } from "../support/server.js";

async function createImage(version = "2") {
  const folder = await createTemporaryFolder();
  await writeTestImage(folder, version);
  return readImage(path.join(folder, "test"));
}

test("a damaged copy is written again", async () => {
  const folder = await createTemporaryFolder();
  const image = await createImage();
  await new ImageStore(folder, createTestLog()).keep(image);
  await writeFile(path.join(folder, image.sha256, "program.devs"), "");
  const store = new ImageStore(folder, createTestLog());
  await store.load();
  expect(store.hasCopy(image)).toBe(false);
  await store.keep(image);
  expect((await readImage(path.join(folder, image.sha256))).sha256).toBe(image.sha256);
});

test("a copy that failed is tried again, and the problem is logged once", async () => {
  const folder = path.join(await createTemporaryFolder(), "firmware");
  await writeFile(folder, "a file in place of the folder");
  const image = await createImage();
  const log = createTestLog();
  const store = new ImageStore(folder, log);
  for (let i = 0; i < 3; i++) {
    await store.keep(image);
    expect(store.hasCopy(image)).toBe(false);
  }
  expect(log.lines).toHaveLength(1);
  await rm(folder);
  await store.keep(image);
  expect(store.hasCopy(image)).toBe(true);
  expect((await readImage(path.join(folder, image.sha256))).sha256).toBe(image.sha256);
});

test("programs that are needed are kept, even if they are more than ten", async () => {
  const folder = await createTemporaryFolder();
  const store = new ImageStore(folder, createTestLog());
  const needed: string[] = [];
  store.protect(() => ["x"]);
  store.protect(() => needed);
  const keep = async (version: string) => store.keep(await createImage(version));
  for (let version = 1; version <= 12; version++) {
    await keep(`v${version}`);
    if (version === 2) needed.push("v1", "v2");
  }
  const listVersions = () => store.list().map(({ version }) => version);
  expect(listVersions()).toEqual(["v1", "v2", ...[5, 6, 7, 8, 9, 10, 11, 12].map((version) => `v${version}`)]);
  for (let version = 1; version <= 12; version++) needed.push(`v${version}`);
  await keep("v13");
  expect(listVersions()).toHaveLength(11);
  needed.length = 0;
  await keep("v14");
  expect(listVersions()).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((version) => `v${version}`));
  expect(await readdir(folder)).toHaveLength(10);
  const restarted = new ImageStore(folder, createTestLog());
  await restarted.load();
  expect(restarted.list()).toHaveLength(10);
});

test("an incomplete copy of a process that was killed is removed", async () => {
  const folder = await createTemporaryFolder();
  const { sha256 } = await createImage();
  await mkdir(path.join(folder, `${sha256}.new`));
  await mkdir(path.join(folder, "other"));
  await new ImageStore(folder, createTestLog()).load();
  expect(await readdir(folder)).toEqual(["other"]);
});
