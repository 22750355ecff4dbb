/** Tests that devices, whose numeric fields are stored in shared arrays, do not affect each other. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Devices, type Device } from "../../server/src/devices/devices.js";

const toOptional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const flag = toOptional(fc.boolean());
const number = fc.oneof(fc.nat(), fc.double({ noNaN: true }));
const deviceFields = fc.record({
  online: flag,
  led_on: flag,
  commandedLed: flag,
  lamp: toOptional(fc.record({ led_on: fc.boolean(), since: number })),
  since: toOptional(number),
  light: toOptional(number),
  seq: toOptional(fc.nat()),
  measuredAt: number,
  lastSeen: number,
  publishedState: number,
  oldestSegment: fc.nat(),
  historyNumber: fc.nat(),
});
type DeviceFields = typeof deviceFields extends fc.Arbitrary<infer T> ? T : never;

const NEW_DEVICE_FIELDS: DeviceFields = {
  ...{ online: undefined, led_on: undefined, commandedLed: undefined, lamp: undefined, since: undefined },
  ...{
    light: undefined,
    seq: undefined,
    measuredAt: 0,
    lastSeen: 0,
    publishedState: NaN,
    oldestSegment: 0,
    historyNumber: 0,
  },
};

const fieldsOf = (device: Device): DeviceFields =>
  Object.fromEntries(
    Object.keys(NEW_DEVICE_FIELDS).map((name) => [
      name,
      (device as unknown as DeviceFields)[name as keyof DeviceFields],
    ]),
  ) as unknown as DeviceFields;

const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), id: fc.nat(700).map(String), fields: deviceFields }),
  fc.record({
    kind: fc.constant("number" as const),
    id: fc.nat(700).map(String),
    seq: fc.integer({ min: 1, max: 900 }),
  }),
  fc.record({ kind: fc.constant("forget" as const), id: fc.nat(700).map(String) }),
);

test("each device keeps its own fields, also after it is forgotten and others reuse its array index", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(600), (steps, before) => {
      const devices = new Devices();
      for (let n = 0; n < before; n++) devices.obtain(String(n));
      const known = new Map<Device, DeviceFields>();
      const boots = new Map<Device, unknown>();
      for (const step of steps) {
        if (step.kind === "forget") {
          const device = devices.get(step.id);
          if (device) devices.forget(device);
          continue;
        }
        const device = devices.obtain(step.id)!;
        if (!known.has(device)) known.set(device, NEW_DEVICE_FIELDS);
        if (step.kind === "set") known.set(device, Object.assign(device, step.fields) && step.fields);
        else {
          device.obtainBoots().placeReading(1, step.seq, { light: 1, at: step.seq }, 1000, true);
          boots.set(device, device.boots!.toStoredBoots());
        }
      }
      for (const [device, fields] of known) {
        expect(fieldsOf(device)).toEqual(fields);
        expect(device.boots?.toStoredBoots()).toEqual(boots.get(device));
      }
      const numbers = [...devices].map(({ number }) => number);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
    { numRuns: 200 },
  );
});
