/** Very many devices share pages of numbers; each has its own. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Devices, type Device } from "../../server/src/devices/devices.js";

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const flag = maybe(fc.boolean());
const number = fc.oneof(fc.nat(), fc.double({ noNaN: true }));
const facts = fc.record({
  online: flag,
  led_on: flag,
  commanded: flag,
  lamp: maybe(fc.record({ led_on: fc.boolean(), since: number })),
  since: maybe(number),
  light: maybe(number),
  seq: maybe(fc.nat()),
  measuredAt: number,
  lastSeen: number,
  published: number,
  oldestSegment: fc.nat(),
  historyNumber: fc.nat(),
});
type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

const NEW: Facts = {
  ...{ online: undefined, led_on: undefined, commanded: undefined, lamp: undefined, since: undefined },
  ...{
    light: undefined,
    seq: undefined,
    measuredAt: 0,
    lastSeen: 0,
    published: NaN,
    oldestSegment: 0,
    historyNumber: 0,
  },
};

const factsOf = (device: Device): Facts =>
  Object.fromEntries(
    Object.keys(NEW).map((name) => [name, (device as unknown as Facts)[name as keyof Facts]]),
  ) as unknown as Facts;

const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), id: fc.nat(700).map(String), facts }),
  fc.record({
    kind: fc.constant("number" as const),
    id: fc.nat(700).map(String),
    seq: fc.integer({ min: 1, max: 900 }),
  }),
  fc.record({ kind: fc.constant("forget" as const), id: fc.nat(700).map(String) }),
);

test("what is known of a device is its own, also when it is forgotten and others take its place", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(600), (steps, before) => {
      const devices = new Devices();
      for (let n = 0; n < before; n++) devices.obtain(String(n));
      const known = new Map<Device, Facts>();
      const boots = new Map<Device, unknown>();
      for (const step of steps) {
        if (step.kind === "forget") {
          const device = devices.get(step.id);
          if (device) devices.forget(device);
          continue;
        }
        const device = devices.obtain(step.id)!;
        if (!known.has(device)) known.set(device, NEW);
        if (step.kind === "set") known.set(device, Object.assign(device, step.facts) && step.facts);
        else {
          device.obtainBoots().place(1, step.seq, { light: 1, at: step.seq }, 1000, true);
          boots.set(device, device.boots!.store());
        }
      }
      for (const [device, facts] of known) {
        expect(factsOf(device)).toEqual(facts);
        expect(device.boots?.store()).toEqual(boots.get(device));
      }
      const numbers = [...devices].map(({ number }) => number);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
    { numRuns: 200 },
  );
});
