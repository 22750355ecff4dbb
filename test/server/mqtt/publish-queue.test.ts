/** Tests the publish queue against a broker that acknowledges in any order. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_PUBLISH_ID, PublishQueue } from "../../../server/src/mqtt/publish-queue.js";

const RECEIVE_MAXIMUM = 5;

type Step =
  | { do: "publish" }
  /** The broker acknowledges one of the messages in flight. */
  | { do: "acknowledge"; which: number }
  /** The broker sends a PUBACK with any packet identifier. */
  | { do: "invent"; id: number }
  | { do: "reconnect" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ do: "publish" }) },
  { weight: 5, arbitrary: fc.nat().map((which): Step => ({ do: "acknowledge", which })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 65_535 }).map((id): Step => ({ do: "invent", id })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "reconnect" }) },
);

/**
 * Runs the steps against a queue.
 * @param stuck whether the broker never acknowledges the oldest message
 * @returns `sent`: the messages' texts in the order of their first transmission; `acknowledged`: the texts in the order
 * of the acknowledgments
 */
function runSteps(steps: readonly Step[], stuck = false): { sent: string[]; acknowledged: string[] } {
  const queue = new PublishQueue();
  const inflight = new Map<number, string>();
  const sent: string[] = [];
  const acknowledged: string[] = [];
  let published = 0;
  let resent: string[] | undefined;
  const reconnect = (): void => {
    const before = [...inflight.values()].sort((a, b) => Number(a) - Number(b));
    inflight.clear();
    resent = [];
    queue.startSending((id, topic, payload, _retain, dup) => {
      const text = String(payload);
      expect(topic).toBe("lamp");
      expect(id).toBeGreaterThan(0);
      expect(id).toBeLessThanOrEqual(MAX_PUBLISH_ID);
      expect(inflight.has(id)).toBe(false);
      inflight.set(id, text);
      expect(inflight.size).toBeLessThanOrEqual(RECEIVE_MAXIMUM);
      if (dup) resent!.push(text);
      else sent.push(text);
    }, RECEIVE_MAXIMUM);
    expect(resent).toEqual(before);
  };
  reconnect();
  for (const one of steps) {
    if (one.do === "publish") {
      const text = String(published++);
      queue.publish("lamp", Buffer.from(text), false, () => acknowledged.push(text));
    } else if (one.do === "reconnect") {
      queue.stopSending();
      reconnect();
    } else {
      const ids = [...inflight.keys()].slice(stuck ? 1 : 0);
      const id = one.do === "invent" ? one.id : ids[one.which % Math.max(1, ids.length)];
      if (id === undefined || (stuck && inflight.get(id) === "0")) continue;
      const known = inflight.delete(id);
      expect(queue.acknowledge(id)).toBe(known ? "lamp" : undefined);
    }
    expect(queue.size).toBe(published - acknowledged.length);
  }
  while (inflight.size > 0) {
    const [id] = inflight.keys();
    inflight.delete(id);
    queue.acknowledge(id);
  }
  expect(queue.size).toBe(0);
  expect(acknowledged.toSorted((a, b) => Number(a) - Number(b))).toEqual(sent);
  return { sent, acknowledged };
}

test("the queue sends all messages once and in order, respects the receive maximum, and resends inflight ones in order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { sent } = runSteps(steps);
      expect(sent).toEqual(steps.filter((one) => one.do === "publish").map((_, n) => String(n)));
    }),
    { numRuns: 200 },
  );
});

test("an unacknowledged message keeps its packet identifier while others are reused, and is resent first", () => {
  const round = Array.from({ length: 2 * MAX_PUBLISH_ID }, (): Step[] => [
    { do: "publish" },
    { do: "acknowledge", which: 0 },
  ]);
  const last: Step[] = [{ do: "publish" }, { do: "publish" }, { do: "reconnect" }];
  runSteps([{ do: "publish" }, ...round.flat(), ...last], true);
});
