/** Messages are acknowledged in the order in which they came, whatever each waits for. */
import { expect, test } from "vitest";
import { Acknowledgements } from "../../../server/src/mqtt/puback-queue.js";

const unexpected = (error: unknown): void => expect.unreachable(String(error));

/** Something to wait for, and how it comes. */
function wait(): { taken: Promise<void>; done(): Promise<void> } {
  let resolve = (): void => {};
  const taken = new Promise<void>((now) => (resolve = now));
  return {
    taken,
    async done() {
      resolve();
      await new Promise((later) => setImmediate(later));
    },
  };
}

test("messages that wait for two things in turn go in their order, as far as they can", async () => {
  const went: number[] = [];
  const acknowledgements = new Acknowledgements((id) => went.push(id), unexpected);
  const [own, others] = [wait(), wait()];
  acknowledgements.add(1, undefined);
  expect(went).toEqual([1]);
  for (let id = 2; id <= 5; id++) acknowledgements.add(id, id % 2 === 0 ? own.taken : others.taken);
  acknowledgements.add(6, undefined);
  expect(went).toEqual([1]);
  await own.done();
  expect(went).toEqual([1, 2]);
  await others.done();
  expect(went).toEqual([1, 2, 3, 4, 5, 6]);
  acknowledgements.add(7, undefined);
  expect(went.at(-1)).toBe(7);
});

test("many go in their order while more come", async () => {
  const went: number[] = [];
  const acknowledgements = new Acknowledgements((id) => went.push(id), unexpected);
  let last = wait();
  for (let id = 0; id < 5000; id++) {
    acknowledgements.add(id, last.taken);
    if (id % 300 === 299) {
      const before = last;
      last = wait();
      acknowledgements.add(++id, last.taken);
      await before.done();
    }
  }
  await last.done();
  expect(went).toEqual([...Array(5000).keys()]);
});

test("a message that is not taken is not acknowledged, nor is any after it, and ends the connection", async () => {
  const went: number[] = [];
  const problems: unknown[] = [];
  const acknowledgements = new Acknowledgements(
    (id) => went.push(id),
    (error) => problems.push(error),
  );
  acknowledgements.add(1, Promise.resolve());
  acknowledgements.add(2, Promise.reject(new Error("full")));
  acknowledgements.add(3, Promise.resolve());
  await new Promise((later) => setImmediate(later));
  expect(went).toEqual([1]);
  expect(problems).toEqual([new Error("full")]);
});
