/** The embedded broker's store: its operations take effect in the order of the calls. */
import { expect, onTestFinished, test } from "vitest";
import { keysBelow, OrderedStore } from "../../../server/src/storage/ordered-store.js";
import { openData } from "../../../server/src/data.js";
import { temporaryFolder } from "../support/server.js";

async function openStore(): Promise<OrderedStore> {
  const data = await openData(await temporaryFolder());
  onTestFinished(() => data.close());
  return new OrderedStore(data.broker, (error) => expect.unreachable(String(error)));
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

test("a write after a clear is not cleared", async () => {
  const store = await openStore();
  store.put("a:1", bytes("old"));
  store.clear(keysBelow("a:"));
  store.put("a:2", bytes("new"));
  expect((await store.entries(keysBelow("a:"))).map(([key]) => key)).toEqual(["a:2"]);
});

test("a write that fails is reported, and what waits for it learns of it", async () => {
  const data = await openData(await temporaryFolder());
  const failures: unknown[] = [];
  const store = new OrderedStore(data.broker, (error) => failures.push(error));
  store.put("key", bytes("value"));
  await store.stored();
  await data.close();
  store.put("key", bytes("another"));
  await expect(store.stored()).rejects.toThrow();
  expect(failures).toHaveLength(1);
});
