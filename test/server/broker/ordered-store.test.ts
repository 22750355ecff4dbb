/** The embedded broker's store: its operations take effect in the order of the calls. */
import { expect, onTestFinished, test } from "vitest";
import { keysBelow, type OrderedStore } from "../../../server/src/storage/ordered-store.js";
import { openData } from "../../../server/src/data.js";
import { temporaryFolder } from "../support/server.js";

async function openStore(): Promise<OrderedStore> {
  const data = await openData(await temporaryFolder());
  onTestFinished(() => data.close());
  return data.broker;
}

const bytes = (text: string): Buffer => Buffer.from(text);

test("of many writes to one key the last one counts, and a read sees those before it", async () => {
  const store = await openStore();
  for (let round = 0; round < 500; round++) {
    for (let n = 0; n < 8; n++) store.put("key", bytes(`${round}.${n}`));
    const read = store.get("key");
    store.put("key", bytes("later"));
    expect((await read)?.toString()).toBe(`${round}.7`);
  }
});

test("a write after a delete is not deleted", async () => {
  const store = await openStore();
  store.put("a:1", bytes("old"));
  store.put("a:2", bytes("old"));
  await store.stored();
  store.delete("a:1");
  store.delete("a:2");
  store.put("a:2", bytes("new"));
  expect((await store.entries(keysBelow("a:"))).map(([key]) => key)).toEqual(["a:2"]);
});

test("whoever waits for a write after the end learns that it is not stored", async () => {
  const data = await openData(await temporaryFolder());
  const store = data.broker;
  store.put("key", bytes("value"));
  await store.stored();
  await data.close();
  store.put("key", bytes("another"));
  await expect(store.stored()).rejects.toThrow("the database is closed");
});
