/** Messages that wait for their acknowledgement, held against a broker that acknowledges in any order. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LAST_ID, Outbox } from "../../../server/src/mqtt/publish-queue.js";

const WINDOW = 5;

type Step =
  | { do: "publish" }
  /** One of those that are on their way, or one that is not. */
  | { do: "acknowledge"; which: number }
  | { do: "invent"; id: number }
  | { do: "reconnect" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>({ do: "publish" }) },
  { weight: 5, arbitrary: fc.nat().map((which): Step => ({ do: "acknowledge", which })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 65_535 }).map((id): Step => ({ do: "invent", id })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "reconnect" }) },
);

/** Does the steps, with the oldest message never acknowledged if `stuck`; gives the texts in the order of their first sending. */
function go(steps: readonly Step[], stuck = false): { sent: string[]; acknowledged: string[] } {
  const outbox = new Outbox();
  const onTheirWay = new Map<number, string>();
  const sent: string[] = [];
  const acknowledged: string[] = [];
  let published = 0;
  let again: string[] | undefined;
  const open = (): void => {
    const before = [...onTheirWay.values()].sort((a, b) => Number(a) - Number(b));
    onTheirWay.clear();
    again = [];
    outbox.open((id, topic, payload, _retain, dup) => {
      const text = String(payload);
      expect(topic).toBe("lamp");
      expect(id).toBeGreaterThan(0);
      expect(id).toBeLessThanOrEqual(LAST_ID);
      expect(onTheirWay.has(id)).toBe(false);
      onTheirWay.set(id, text);
      expect(onTheirWay.size).toBeLessThanOrEqual(WINDOW);
      if (dup) again!.push(text);
      else sent.push(text);
    }, WINDOW);
    expect(again).toEqual(before);
  };
  open();
  for (const one of steps) {
    if (one.do === "publish") {
      const text = String(published++);
      outbox.publish("lamp", Buffer.from(text), false, () => acknowledged.push(text));
    } else if (one.do === "reconnect") {
      outbox.close();
      open();
    } else {
      const ids = [...onTheirWay.keys()].slice(stuck ? 1 : 0);
      const id = one.do === "invent" ? one.id : ids[one.which % Math.max(1, ids.length)];
      if (id === undefined || (stuck && onTheirWay.get(id) === "0")) continue;
      const known = onTheirWay.delete(id);
      expect(outbox.acknowledged(id)).toBe(known ? "lamp" : undefined);
    }
    expect(outbox.size).toBe(published - acknowledged.length);
  }
  while (onTheirWay.size > 0) {
    const [id] = onTheirWay.keys();
    onTheirWay.delete(id);
    outbox.acknowledged(id);
  }
  expect(outbox.size).toBe(0);
  expect(acknowledged.toSorted((a, b) => Number(a) - Number(b))).toEqual(sent);
  return { sent, acknowledged };
}

test("all are sent once, in order, never more than the window; those of a lost connection again, in order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { sent } = go(steps);
      expect(sent).toEqual(steps.filter((one) => one.do === "publish").map((_, n) => String(n)));
    }),
    { numRuns: 200 },
  );
});

test("one that is never acknowledged keeps its identifier while those of others come round, and goes first again", () => {
  const round = Array.from({ length: 2 * LAST_ID }, (): Step[] => [{ do: "publish" }, { do: "acknowledge", which: 0 }]);
  const last: Step[] = [{ do: "publish" }, { do: "publish" }, { do: "reconnect" }];
  go([{ do: "publish" }, ...round.flat(), ...last], true);
});
