import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { Decisions } from "../../server/src/decisions/decisions.js";
import { Devices } from "../../server/src/devices/devices.js";
import type { ZonePolicy } from "../../server/src/decisions/policy.js";
import { Zones } from "../../server/src/decisions/zones/zones.js";

let sent: [id: string, led_on: boolean][];
let devices: Devices;
let zones: Zones;
let zonesEnded: string[];
let decisions: Decisions;

const STAND: ZonePolicy = {
  name: "stand",
  sensors: ["a", "b", "c"],
  lamps: ["x", "y"],
  combine: "median",
  at_least: 1,
  rule: LESSON_RULE,
  stale_after: 90_000,
};

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 5, 1, 12) });
  sent = [];
  zonesEnded = [];
  devices = new Devices(
    () => {},
    (device) => {
      device.configured = { ...device.configured, zone: zones.of(device.id)?.lampOf };
    },
  );
  zones = new Zones({
    find: (id) => devices.get(id),
    changed: (zone, switched) => switched && decisions.zone(zone, Date.now()),
    ended: ({ policy }) => zonesEnded.push(policy.name),
  });
  decisions = new Decisions({
    devices,
    zones,
    command: ({ id }, { led_on }) => sent.push([id, led_on]),
    ended: () => {},
  });
});
afterEach(() => {
  decisions.close();
  vi.useRealTimers();
});

function thereIs(...policies: ZonePolicy[]): void {
  zones.apply(policies);
  for (const id of ["a", "b", "c", "x", "y"]) devices.obtain(id);
}
function reads(id: string, light: number): void {
  const device = devices.obtain(id)!;
  const now = Date.now();
  device.taken = now;
  decisions.reading(device, { light, taken: now, sure: true }, now);
}
function passes(ms: number): void {
  for (let passed = 0; passed < ms; passed += 1000) {
    vi.advanceTimersByTime(Math.min(1000, ms - passed));
    zones.tick(Date.now());
    decisions.tick(Date.now());
  }
}
const why = (): string | null => zones.get("stand")!.reason;
const lamp = (id: string): boolean | undefined => devices.get(id)!.led_on;

describe("a zone", () => {
  test("switches all its lamps when most of its sensors are dark, and no other", () => {
    thereIs(STAND);
    reads("a", 900);
    reads("b", 800);
    reads("c", 100);
    expect([lamp("x"), lamp("y")]).toEqual([false, false]);
    sent.length = 0;
    reads("b", 200);
    expect(sent).toEqual([
      ["x", true],
      ["y", true],
      ["b", true],
    ]);
    expect(why()).toBe("median 200 of 3 sensors < 300");
    // its own light has no part in that
    expect(devices.get("x")!.light).toBeUndefined();
  });

  test("one covered sensor does not light it", () => {
    thereIs(STAND);
    for (const id of ["a", "b", "c"]) reads(id, 900);
    for (let i = 0; i < 10; i++) reads("a", 0);
    expect(lamp("x")).toBe(false);
  });

  test("a lamp in a zone is answered to each of its own readings as the zone has it", () => {
    thereIs(STAND);
    reads("a", 100);
    sent.length = 0;
    reads("x", 1023);
    reads("x", 1023);
    expect(sent).toEqual([
      ["x", true],
      ["x", true],
    ]);
  });

  test("a lamp that is its own zone's sensor is commanded once for a reading", () => {
    thereIs({ ...STAND, sensors: ["x"], lamps: ["x"] });
    reads("x", 100);
    expect(sent).toEqual([["x", true]]);
  });

  test("leaves out a sensor that has fallen silent, says so, and decides at once without it", () => {
    thereIs({ ...STAND, combine: "any" });
    reads("a", 100);
    expect(lamp("x")).toBe(true);
    for (let i = 0; i < 4; i++) {
      passes(30_000);
      reads("b", 700);
      reads("c", 800);
    }
    expect(lamp("x")).toBe(false);
    expect(why()).toBe("darkest 700 of 2 sensors ≥ 300; 1 stale left out");
  });

  test("leaves its lamps as they are when no sensor tells any more", () => {
    thereIs(STAND);
    for (const id of ["a", "b", "c"]) reads(id, 100);
    sent.length = 0;
    passes(200_000);
    expect(sent).toEqual([]);
    expect(lamp("x")).toBe(true);
    expect(why()).toContain("left as it is");
  });

  test("waits for as many sensors as it needs", () => {
    thereIs({ ...STAND, combine: "at_least", at_least: 2 });
    reads("a", 10);
    expect(lamp("x")).toBeUndefined();
    reads("b", 20);
    expect(lamp("x")).toBe(true);
    expect(why()).toBe("2nd darkest 20 of 2 sensors < 300; 1 stale left out");
  });

  test("holds its lamps for the shortest times, and switches them when these are over, without a reading", () => {
    thereIs({ ...STAND, sensors: ["a"], rule: { ...LESSON_RULE, min_on: 60_000 } });
    reads("a", 100);
    passes(20_000);
    reads("a", 900);
    expect(lamp("x")).toBe(true);
    expect(why()).toBe("median 900 of 1 sensor ≥ 300, but on for at least 1 min");
    passes(39_000);
    expect(lamp("x")).toBe(true);
    passes(1000);
    expect(lamp("x")).toBe(false);
  });

  test("is lit only in its hours, by the clock of its time zone, over midnight and over summer time", () => {
    const hours = { from: 20 * 60, to: 6 * 60, time_zone: "Europe/Berlin", outside: "off" } as const;
    const at = (iso: string): void => {
      vi.setSystemTime(new Date(iso));
      for (const id of ["a", "b", "c"]) devices.get(id)!.taken = Date.now();
      passes(1000);
    };
    thereIs({ ...STAND, hours });
    for (const id of ["a", "b", "c"]) reads(id, 10);
    expect(lamp("x")).toBe(false);
    expect(why()).toBe("off outside 20:00 to 06:00 (Europe/Berlin)");
    at("2026-06-01T17:59:00Z");
    expect(lamp("x")).toBe(false);
    // summer: 20:00 there is 18:00 UTC
    at("2026-06-01T18:00:00Z");
    expect(lamp("x")).toBe(true);
    at("2026-06-02T03:59:00Z");
    expect(lamp("x")).toBe(true);
    at("2026-06-02T04:00:00Z");
    expect(lamp("x")).toBe(false);
    // winter: it is 19:00 UTC
    at("2026-12-01T18:30:00Z");
    expect(lamp("x")).toBe(false);
    at("2026-12-01T19:00:00Z");
    expect(lamp("x")).toBe(true);
  });
});

describe("a person's override", () => {
  const stand = (): NonNullable<ReturnType<typeof zones.get>> => zones.get("stand")!;

  test("of a zone holds against its sensors and its hours", () => {
    thereIs({ ...STAND, hours: { from: 1200, to: 360, time_zone: "UTC", outside: "off" } });
    reads("a", 900);
    zones.setMode(stand(), "on", undefined, Date.now());
    reads("a", 900);
    passes(3_600_000);
    expect([lamp("x"), lamp("y")]).toEqual([true, true]);
    expect(why()).toBe("a person keeps the zone on");
    zones.setMode(stand(), "auto", undefined, Date.now());
    expect(lamp("x")).toBe(false);
  });

  test("of a lamp holds against its zone's, and the others follow the zone", () => {
    thereIs(STAND);
    decisions.mode(devices.get("x")!, "off", undefined, Date.now());
    zones.setMode(stand(), "on", undefined, Date.now());
    expect([lamp("x"), lamp("y")]).toEqual([false, true]);
    decisions.mode(devices.get("x")!, "auto", undefined, Date.now());
    expect(lamp("x")).toBe(true);
  });

  test("for a time ends by itself, to the second, and once", () => {
    thereIs(STAND);
    reads("a", 900);
    zones.setMode(stand(), "on", 7_200_000, Date.now());
    passes(7_199_000);
    expect(lamp("x")).toBe(true);
    sent.length = 0;
    devices.get("a")!.taken = Date.now();
    passes(10_000);
    expect(sent).toEqual([
      ["x", false],
      ["y", false],
    ]);
    expect(stand().override.mode).toBe("auto");
    expect(zonesEnded).toEqual(["stand"]);
  });

  test("of a device without a zone, for a time, ends by itself and leaves nothing behind", () => {
    const ended: string[] = [];
    decisions.close();
    decisions = new Decisions({
      devices,
      zones,
      command: ({ id }, { led_on }) => sent.push([id, led_on]),
      ended: ({ id }) => ended.push(id),
    });
    reads("lone", 900);
    const lone = devices.get("lone")!;
    decisions.mode(lone, "on", 60_000, Date.now());
    sent.length = 0;
    passes(300_000);
    expect(sent).toEqual([["lone", false]]);
    expect(ended).toEqual(["lone"]);
    decisions.mode(lone, "on", 60_000, Date.now());
    decisions.mode(lone, "auto", undefined, Date.now());
    sent.length = 0;
    passes(120_000);
    expect(sent).toEqual([]);
    expect(ended).toEqual(["lone"]);
  });
});

test("a device's lamp that its shortest time holds is switched when that is over, without another reading", () => {
  const lone = devices.obtain("lone")!;
  lone.configured = { ...lone.configured, rule: { ...LESSON_RULE, min_off: 10_000 } };
  reads("lone", 900);
  reads("lone", 100);
  expect(lone.led_on).toBe(false);
  expect(lone.reason).toBe("light 100 < 300, but off for at least 10 s");
  sent.length = 0;
  passes(15_000);
  expect(sent).toEqual([["lone", true]]);
});

test("a changed configuration takes the zones that it still has over as they are", () => {
  thereIs(STAND);
  zones.setMode(zones.get("stand")!, "on", undefined, Date.now());
  zones.apply([
    { ...STAND, lamps: ["x"] },
    { ...STAND, name: "new", lamps: ["y"] },
  ]);
  expect(zones.get("stand")!.override.mode).toBe("on");
  expect(zones.get("new")!.override.mode).toBe("auto");
  expect(zones.of("y")!.lampOf).toBe(zones.get("new"));
});
