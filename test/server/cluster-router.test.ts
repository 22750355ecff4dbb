/** What one server hands to another, when that takes long or what it answers is lost. */
import { expect, test } from "vitest";
import { decodeBatch, type ForwardedBatch } from "../../server/src/cluster/forwarding.js";
import { Router } from "../../server/src/cluster/router.js";
import { clock } from "../../server/src/time/monotonic-clock.js";
import { eventually } from "../support/eventually.js";

const ME = "nightlight-server-00000000000a-1";
const OTHER = "nightlight-server-00000000000b-1";

/** A server to which everything belongs; `store` ends the wait for its storage. */
function owner() {
  const took: string[] = [];
  const answers: ForwardedBatch[] = [];
  let store = (): void => {};
  const stored = new Promise<void>((resolve) => (store = resolve));
  const router = new Router({
    me: ME,
    slotOf: () => 0,
    valid: () => true,
    handle(topic) {
      took.push(topic);
      return stored;
    },
    async send(to, bytes) {
      expect(to).toBe(OTHER);
      answers.push(decodeBatch(bytes, "nightlight-server-")!);
      return true;
    },
    clock,
    unreachable: expect.unreachable,
  });
  router.begin([ME]);
  return { router, took, answers, store };
}

const batch = (number: number, ...topics: string[]): ForwardedBatch => ({
  from: OTHER,
  number,
  hops: 1,
  confirmations: [],
  messages: topics.map((topic) => ({
    topic,
    payload: Buffer.from('{"light":5}'),
    delivery: { now: clock.now(), live: true },
  })),
});

const said = (answers: readonly ForwardedBatch[]): number[] => answers.flatMap(({ confirmations }) => confirmations);

test("messages that are sent again, because storing them takes more than a second, are taken once", async () => {
  const { router, took, answers, store } = owner();
  for (let time = 0; time < 3; time++) router.receive(batch(1, "n/hall/telemetry", "n/porch/telemetry"));
  expect(took).toEqual(["n/hall/telemetry", "n/porch/telemetry"]);
  expect(answers).toEqual([]);
  store();
  await eventually(() => said(answers).length > 0, { what: "the answer" });
  expect(said(answers)).toEqual([1]);
});

test("messages that are sent again, because the answer was lost, are taken once, and answered again", async () => {
  const { router, took, answers, store } = owner();
  store();
  router.receive(batch(1, "n/hall/telemetry"));
  router.receive(batch(2, "n/hall/telemetry"));
  await eventually(() => said(answers).length === 2, { what: "the answers" });
  router.receive(batch(1, "n/hall/telemetry"));
  await eventually(() => said(answers).length === 3, { what: "another answer" });
  expect(said(answers)).toEqual([1, 2, 1]);
  expect(took).toHaveLength(2);
});

test("what a server handed on is forgotten when it takes part no longer: its messages come again from the broker", async () => {
  const { router, took, answers, store } = owner();
  store();
  router.receive(batch(1, "n/hall/telemetry"));
  await eventually(() => said(answers).length === 1, { what: "the answer" });
  router.begin([ME]);
  router.receive(batch(1, "n/hall/telemetry"));
  expect(took).toHaveLength(2);
});
