/** Tests that the page can translate every reason that the server may send. */
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { CombineMethod, Rule } from "../../contract/index.js";
import { en } from "../../server/dashboard/messages/en.js";
import { setMessages } from "../../server/dashboard/messages/message.js";
import { table as zh } from "../../server/dashboard/messages/zh.js";
import { translateReason } from "../../server/dashboard/reasons.js";
import { Zone } from "../../server/src/decisions/zones/zone.js";
import type { ZonePolicy } from "../../server/src/decisions/policy.js";
import {
  BOARD_REASON,
  explainLampState,
  explainLateState,
  explainOverride,
  explainRule,
  explainRuleWithLight,
  describeZoneLight,
} from "../../server/src/devices/reason.js";

afterAll(() => setMessages(en, "en"));

const rule = fc.record({
  threshold: fc.integer({ min: 1, max: 1023 }),
  hysteresis: fc.nat(200),
  min_on: fc.constantFrom(0, 500, 90_000, 300_000),
  min_off: fc.constantFrom(0, 1500, 60_000),
}) as fc.Arbitrary<Rule>;
const light = fc.integer({ min: 0, max: 10_230 }).map((tenths) => tenths / 10);
const lamp = fc.record({ led_on: fc.boolean(), since: fc.constant(0) });
const combine = fc.constantFrom<CombineMethod[]>("median", "any", "all", "at_least");
const count = fc.integer({ min: 1, max: 120 });

const ruleReasons = fc.tuple(rule, lamp, light).map((all) => explainRule(...all));
const zoneReasons = fc
  .tuple(rule, lamp, light, combine, count, count, fc.nat(3))
  .map(([rule, lamp, level, how, sensors, atLeast, stale]) => {
    const words = explainRuleWithLight(rule, lamp, level, describeZoneLight(how, level, sensors, atLeast));
    return stale > 0 ? `${words}; ${stale} stale left out` : words;
  });
const otherReasons = fc.constantFrom(
  BOARD_REASON,
  explainLampState(true),
  explainLampState(false),
  explainLateState(true),
  explainLateState(false),
  ...(["on", "off"] as const).flatMap((mode) => [explainOverride(mode, "the lamp"), explainOverride(mode, "the zone")]),
);
/** Reasons of zones that are outside their hours, or that lack sensors. */
const exceptionReasons = fc
  .record({
    sensors: count,
    outside: fc.constantFrom("on" as const, "off" as const),
    closed: fc.boolean(),
    how: combine,
  })
  .map(({ sensors, outside, closed, how }) => {
    const policy: ZonePolicy = {
      name: "yard",
      sensors: Array.from({ length: sensors }, (_, i) => `board-${i}`),
      lamps: [],
      combine: how,
      at_least: sensors,
      rule: { threshold: 300, hysteresis: 0, min_on: 0, min_off: 0 },
      stale_after: 1000,
      // `from` equals `to`, so that the zone is always outside its hours
      ...(closed && { hours: { from: 390, to: 390, outside, time_zone: "Europe/Berlin" } }),
    } as ZonePolicy;
    const zone = new Zone(policy, () => undefined);
    zone.decide(0);
    return zone.reason!;
  });
const reasons = fc
  .oneof(ruleReasons, zoneReasons, otherReasons, exceptionReasons)
  .chain((reason) => fc.constantFrom(reason, `zone yard: ${reason}`));

test("in English, a reason reads as the server says it, with durations and ordinals as on the page", () => {
  setMessages(en, "en");
  fc.assert(
    fc.property(reasons, (reason) => {
      const expected = reason.replace(/(least [\d.]+) s\b/, "$1 sec").replace(/(\d+)\w\w darkest/, "no. $1 darkest");
      expect(translateReason(reason)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test("no English word of a reason remains in another language", () => {
  setMessages(zh, "zh-Hans");
  fc.assert(
    fc.property(reasons, (reason) => {
      expect(translateReason(reason).replace(/yard|Europe\/Berlin/g, "")).not.toMatch(/[a-z]/i);
    }),
    { numRuns: 2000 },
  );
});

test("a reason of another server version stays as it is", () => {
  setMessages(zh, "zh-Hans");
  for (const text of [
    "",
    "because",
    "a person keeps the moon on",
    "light x < 3",
    "the moon 3 < 4",
    "light 3 < 4, maybe",
  ])
    expect(translateReason(text)).toBe(text);
});
