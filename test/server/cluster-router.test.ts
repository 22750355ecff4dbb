/** Tests the forwarding of messages between servers when storage is slow or an acknowledgement is lost. */
import { expect, test } from "vitest";
import { decodeBatch, type ForwardedBatch } from "../../server/src/cluster/forwarding.js";
import { Router } from "../../server/src/cluster/router.js";
import { clock } from "../../server/src/time/monotonic-clock.js";
import { eventually } from "../support/eventually.js";

const OWN_NAME = "nightlight-server-00000000000a-1";
const OTHER_NAME = "nightlight-server-00000000000b-1";

/** Creates the router of a server that owns all devices. Calling `store` completes the writes for which the router waits. */
function createOwner() {
  const processed: string[] = [];
  const answers: ForwardedBatch[] = [];
  let store = (): void => {};
  const stored = new Promise<void>((resolve) => (store = resolve));
  const router = new Router({
    me: OWN_NAME,
    slotOf: () => 0,
    isValid: () => true,
    handle(topic) {
      processed.push(topic);
      return stored;
    },
    async send(to, bytes) {
      expect(to).toBe(OTHER_NAME);
      answers.push(decodeBatch(bytes, "nightlight-server-")!);
      return true;
    },
    clock,
    unreachable: expect.unreachable,
  });
  router.beginEpoch([OWN_NAME]);
  return { router, processed, answers, store };
}

const createBatch = (number: number, ...topics: string[]): ForwardedBatch => ({
  from: OTHER_NAME,
  number,
  hops: 1,
  confirmations: [],
  messages: topics.map((topic) => ({
    topic,
    payload: Buffer.from('{"light":5}'),
    delivery: { now: clock.now(), live: true },
  })),
});

const acknowledgedNumbersOf = (answers: readonly ForwardedBatch[]): number[] =>
  answers.flatMap(({ confirmations }) => confirmations);

test("a batch that is sent again because storing takes more than a second is processed once", async () => {
  const { router, processed, answers, store } = createOwner();
  for (let time = 0; time < 3; time++) router.receive(createBatch(1, "n/hall/telemetry", "n/porch/telemetry"));
  expect(processed).toEqual(["n/hall/telemetry", "n/porch/telemetry"]);
  expect(answers).toEqual([]);
  store();
  await eventually(() => acknowledgedNumbersOf(answers).length > 0, { what: "the answer" });
  expect(acknowledgedNumbersOf(answers)).toEqual([1]);
});

test("a batch that is sent again because its acknowledgement was lost is processed once and acknowledged again", async () => {
  const { router, processed, answers, store } = createOwner();
  store();
  router.receive(createBatch(1, "n/hall/telemetry"));
  router.receive(createBatch(2, "n/hall/telemetry"));
  await eventually(() => acknowledgedNumbersOf(answers).length === 2, { what: "the answers" });
  router.receive(createBatch(1, "n/hall/telemetry"));
  await eventually(() => acknowledgedNumbersOf(answers).length === 3, { what: "another answer" });
  expect(acknowledgedNumbersOf(answers)).toEqual([1, 2, 1]);
  expect(processed).toHaveLength(2);
});

test("when a server leaves the cluster, the numbers of its batches are forgotten, because the broker delivers its messages again", async () => {
  const { router, processed, answers, store } = createOwner();
  store();
  router.receive(createBatch(1, "n/hall/telemetry"));
  await eventually(() => acknowledgedNumbersOf(answers).length === 1, { what: "the answer" });
  router.beginEpoch([OWN_NAME]);
  router.receive(createBatch(1, "n/hall/telemetry"));
  expect(processed).toHaveLength(2);
});
