/** Tests the copies of programs in the data folder. */
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { readImage } from "../../../server/src/updates/firmware-image.js";
import { ImageStore } from "../../../server/src/updates/image-store.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder } from "../support/server.js";

async function createImage() {
  const folder = await createTemporaryFolder();
  await writeTestImage(folder, "2");
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
