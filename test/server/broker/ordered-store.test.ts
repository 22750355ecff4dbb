/** Tests that operations on the embedded broker's store take effect in the order of the calls. */
import path from "node:path";
import { ClassicLevel } from "classic-level";
import { expect, onTestFinished, test } from "vitest";
import { StorageHealth } from "../../../server/src/storage/health.js";
import { LevelDatabase } from "../../../server/src/storage/level.js";
import { keyRangeOf, OrderedStore } from "../../../server/src/storage/ordered-store.js";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { eventually } from "../../support/eventually.js";
import { createTemporaryFolder } from "../support/server.js";

async function openStore(): Promise<OrderedStore> {
  const data = await openDataFolder(await createTemporaryFolder());
  onTestFinished(() => data.close());
  return data.broker;
}

const toBytes = (text: string): Buffer => Buffer.from(text);

test("the last of many writes to one key counts, and a read sees the writes before it", async () => {
  const store = await openStore();
  for (let round = 0; round < 500; round++) {
    for (let n = 0; n < 8; n++) store.put("key", toBytes(`${round}.${n}`));
    const read = store.get("key");
    store.put("key", toBytes("later"));
    expect((await read)?.toString()).toBe(`${round}.7`);
  }
});

test("a write after a delete is not deleted", async () => {
  const store = await openStore();
  store.put("a:1", toBytes("old"));
  store.put("a:2", toBytes("old"));
  await store.whenStored();
  store.delete("a:1");
  store.delete("a:2");
  store.put("a:2", toBytes("new"));
  expect((await store.getEntries(keyRangeOf("a:"))).map(([key]) => key)).toEqual(["a:2"]);
});

test("a write after close is reported as not stored", async () => {
  const data = await openDataFolder(await createTemporaryFolder());
  const store = data.broker;
  store.put("key", toBytes("value"));
  await store.whenStored();
  await data.close();
  store.put("key", toBytes("another"));
  await expect(store.whenStored()).rejects.toThrow("the database is closed");
});

test("failed writes wait in order, can be read meanwhile, and are stored in a reopened database", async () => {
  const folder = await createTemporaryFolder();
  const db = new ClassicLevel<string, string>(path.join(folder, "db"));
  await db.open();
  let opened = 0;
  db.on("open", () => void opened++);
  const health = new StorageHealth(folder);
  let full = false;
  /** A database with a simulated disk that can be full. */
  class LimitedDatabase extends LevelDatabase {
    override write(operation: () => Promise<void>): Promise<void> {
      return super.write(async () => {
        if (full) throw Object.assign(new Error("IO error: No space left on device"), { code: "LEVEL_IO_ERROR" });
        await operation();
      });
    }
  }
  const database = new LimitedDatabase(db, health);
  onTestFinished(() => database.close());
  const store = new OrderedStore(database, "part");
  store.put("before", toBytes("1"));
  await store.whenStored();
  full = true;
  let isStored = false;
  store.put("key", toBytes("1"));
  const stored = store.whenStored().then(() => (isStored = true));
  await eventually(() => health.isFailing, { what: "the failure" });
  store.put("key", toBytes("2"));
  store.delete("before");
  const last = store.whenStored();
  expect(health.problem).toMatch(/^The disk of the data folder .* is full\./);
  expect((await store.get("key"))?.toString()).toBe("2");
  expect(await store.get("before")).toBeUndefined();
  await eventually(() => health.failureCount > 1, { what: "another attempt" });
  expect(isStored).toBe(false);
  full = false;
  await Promise.all([stored, last]);
  expect(health.isFailing).toBe(false);
  expect(opened).toBeGreaterThan(0);
  expect((await store.getEntries({ gte: "", lt: "~" })).map(String)).toEqual(["key,2"]);
});
