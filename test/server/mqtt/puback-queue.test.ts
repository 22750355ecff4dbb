/** Tests that PUBACKs are sent in the order of the messages' arrival, whatever the order in which processing ends. */
import { expect, test } from "vitest";
import { PubackQueue } from "../../../server/src/mqtt/puback-queue.js";

const failOnError = (error: unknown): void => expect.unreachable(String(error));

/** Creates a promise for the processing of a message. `done` resolves it and waits for one turn of the event loop. */
function createProcessing(): { processed: Promise<void>; done(): Promise<void> } {
  let resolve = (): void => {};
  const processed = new Promise<void>((now) => (resolve = now));
  return {
    processed,
    async done() {
      resolve();
      await new Promise((later) => setImmediate(later));
    },
  };
}

test("PUBACKs of messages in two alternating batches leave in order of arrival, as far as processing is complete", async () => {
  const sent: number[] = [];
  const queue = new PubackQueue((id) => sent.push(id), failOnError);
  const [own, others] = [createProcessing(), createProcessing()];
  queue.add(1, undefined);
  expect(sent).toEqual([1]);
  for (let id = 2; id <= 5; id++) queue.add(id, id % 2 === 0 ? own.processed : others.processed);
  queue.add(6, undefined);
  expect(sent).toEqual([1]);
  await own.done();
  expect(sent).toEqual([1, 2]);
  await others.done();
  expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
  queue.add(7, undefined);
  expect(sent.at(-1)).toBe(7);
});

test("thousands of PUBACKs leave in order while more messages arrive", async () => {
  const sent: number[] = [];
  const queue = new PubackQueue((id) => sent.push(id), failOnError);
  let last = createProcessing();
  for (let id = 0; id < 5000; id++) {
    queue.add(id, last.processed);
    if (id % 300 === 299) {
      const before = last;
      last = createProcessing();
      queue.add(++id, last.processed);
      await before.done();
    }
  }
  await last.done();
  expect(sent).toEqual([...Array(5000).keys()]);
});

test("a message that cannot be processed is reported, and neither this message nor a later one is acknowledged", async () => {
  const sent: number[] = [];
  const problems: unknown[] = [];
  const queue = new PubackQueue(
    (id) => sent.push(id),
    (error) => problems.push(error),
  );
  queue.add(1, Promise.resolve());
  queue.add(2, Promise.reject(new Error("full")));
  queue.add(3, Promise.resolve());
  await new Promise((later) => setImmediate(later));
  expect(sent).toEqual([1]);
  expect(problems).toEqual([new Error("full")]);
});
