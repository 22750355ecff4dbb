import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import type { ZonePolicy } from "../../server/src/decisions/policy.js";
import type { Zones } from "../../server/src/decisions/zones/zones.js";
import type { Devices } from "../../server/src/devices/devices.js";
import type { Lamps } from "../../server/src/outputs/lamps.js";
import { commandsIn, lampBench, type LampBench } from "./support/lamps.js";

let bench: LampBench;
let devices: Devices;
let zones: Zones;
let lamps: Lamps;

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
  bench = lampBench();
  ({ devices, zones, lamps } = bench);
});
afterEach(() => {
  lamps.close();
  vi.useRealTimers();
});

function configureZones(...policies: ZonePolicy[]): void {
  zones.apply(policies);
  for (const id of ["a", "b", "c", "x", "y"]) devices.obtain(id);
}
const reads = (id: string, light: number): void => bench.reads(id, light);
/** Processes another reading with the same light. */
const repeats = (id: string): void => {
  const device = devices.get(id)!;
  device.acceptReading(device.light!, device.seq, Date.now());
};
function passes(ms: number): void {
  for (let passed = 0; passed < ms; passed += 1000) {
    vi.advanceTimersByTime(Math.min(1000, ms - passed));
    lamps.tick(Date.now());
  }
}
/** Returns the commands since the last call of `forgetSent`. */
const sent = (): [id: string, led_on: boolean][] => commandsIn(bench.published).map(([id, { led_on }]) => [id, led_on]);
const forgetSent = (): void => void (bench.published.length = 0);
const reason = (): string | null => zones.get("stand")!.reason;
const lamp = (id: string): boolean | undefined => devices.get(id)!.led_on;

describe("a zone", () => {
  test("a zone switches all its lamps and no others when most of its sensors are dark", () => {
    configureZones(STAND);
    reads("a", 900);
    reads("b", 800);
    reads("c", 100);
    expect([lamp("x"), lamp("y")]).toEqual([false, false]);
    forgetSent();
    reads("b", 200);
    expect(sent()).toEqual([
      ["x", true],
      ["y", true],
      ["b", true],
    ]);
    expect(reason()).toBe("median 200 of 3 sensors < 300");
    // the zone switched lamp x on, although x has sent no reading of its own
    expect(devices.get("x")!.light).toBeUndefined();
  });

  test("one covered sensor does not switch a zone on", () => {
    configureZones(STAND);
    for (const id of ["a", "b", "c"]) reads(id, 900);
    for (let i = 0; i < 10; i++) reads("a", 0);
    expect(lamp("x")).toBe(false);
  });

  test("each reading of a zone's lamp is answered with the zone's state", () => {
    configureZones(STAND);
    reads("a", 100);
    forgetSent();
    reads("x", 1023);
    reads("x", 1023);
    expect(sent()).toEqual([
      ["x", true],
      ["x", true],
    ]);
  });

  test("a lamp that is also its zone's sensor gets one command for each reading", () => {
    configureZones({ ...STAND, sensors: ["x"], lamps: ["x"] });
    reads("x", 100);
    expect(sent()).toEqual([["x", true]]);
  });

  test("a zone leaves out a stale sensor, names it in the reason, and decides at once without it", () => {
    configureZones({ ...STAND, combine: "any" });
    reads("a", 100);
    expect(lamp("x")).toBe(true);
    for (let i = 0; i < 4; i++) {
      passes(30_000);
      reads("b", 700);
      reads("c", 800);
    }
    expect(lamp("x")).toBe(false);
    expect(reason()).toBe("darkest 700 of 2 sensors ≥ 300; 1 stale left out");
  });

  test("a zone does not switch its lamps while all its sensors are stale", () => {
    configureZones(STAND);
    for (const id of ["a", "b", "c"]) reads(id, 100);
    forgetSent();
    passes(200_000);
    expect(sent()).toEqual([]);
    expect(lamp("x")).toBe(true);
    expect(reason()).toContain("left as it is");
  });

  test("a zone decides only when enough sensors have reported", () => {
    configureZones({ ...STAND, combine: "at_least", at_least: 2 });
    reads("a", 10);
    expect(lamp("x")).toBeUndefined();
    reads("b", 20);
    expect(lamp("x")).toBe(true);
    expect(reason()).toBe("2nd darkest 20 of 2 sensors < 300; 1 stale left out");
  });

  test("a zone respects min_on, and switches its lamps after this time without another reading", () => {
    configureZones({ ...STAND, sensors: ["a"], rule: { ...LESSON_RULE, min_on: 60_000 } });
    reads("a", 100);
    passes(20_000);
    reads("a", 900);
    expect(lamp("x")).toBe(true);
    expect(reason()).toBe("median 900 of 1 sensor ≥ 300, but on for at least 1 min");
    passes(39_000);
    expect(lamp("x")).toBe(true);
    passes(1000);
    expect(lamp("x")).toBe(false);
  });

  test("a zone is on only during its hours in its time zone, over midnight and with daylight saving time", () => {
    const hours = { from: 20 * 60, to: 6 * 60, time_zone: "Europe/Berlin", outside: "off" } as const;
    const at = (iso: string): void => {
      vi.setSystemTime(new Date(iso));
      for (const id of ["a", "b", "c"]) repeats(id);
      passes(1000);
    };
    configureZones({ ...STAND, hours });
    for (const id of ["a", "b", "c"]) reads(id, 10);
    expect(lamp("x")).toBe(false);
    expect(reason()).toBe("off outside 20:00 to 06:00 (Europe/Berlin)");
    at("2026-06-01T17:59:00Z");
    expect(lamp("x")).toBe(false);
    // 20:00 in summer is 18:00 UTC
    at("2026-06-01T18:00:00Z");
    expect(lamp("x")).toBe(true);
    at("2026-06-02T03:59:00Z");
    expect(lamp("x")).toBe(true);
    at("2026-06-02T04:00:00Z");
    expect(lamp("x")).toBe(false);
    // 20:00 in winter is 19:00 UTC
    at("2026-12-01T18:30:00Z");
    expect(lamp("x")).toBe(false);
    at("2026-12-01T19:00:00Z");
    expect(lamp("x")).toBe(true);
  });
});

describe("a person's override", () => {
  const stand = (): NonNullable<ReturnType<typeof zones.get>> => zones.get("stand")!;

  test("an override of a zone takes precedence over its sensors and hours", () => {
    configureZones({ ...STAND, hours: { from: 1200, to: 360, time_zone: "UTC", outside: "off" } });
    reads("a", 900);
    lamps.setZoneMode(stand(), "on", undefined, Date.now());
    reads("a", 900);
    passes(3_600_000);
    expect([lamp("x"), lamp("y")]).toEqual([true, true]);
    expect(reason()).toBe("a person keeps the zone on");
    lamps.setZoneMode(stand(), "auto", undefined, Date.now());
    expect(lamp("x")).toBe(false);
  });

  test("an override of a lamp takes precedence over its zone's, and other lamps follow the zone", () => {
    configureZones(STAND);
    lamps.setMode(devices.get("x")!, "off", undefined, Date.now());
    lamps.setZoneMode(stand(), "on", undefined, Date.now());
    expect([lamp("x"), lamp("y")]).toEqual([false, true]);
    lamps.setMode(devices.get("x")!, "auto", undefined, Date.now());
    expect(lamp("x")).toBe(true);
  });

  test("an override with a duration ends by itself, once and on time", () => {
    configureZones(STAND);
    reads("a", 900);
    lamps.setZoneMode(stand(), "on", 7_200_000, Date.now());
    passes(7_199_000);
    expect(lamp("x")).toBe(true);
    forgetSent();
    repeats("a");
    passes(10_000);
    expect(sent()).toEqual([
      ["x", false],
      ["y", false],
    ]);
    expect(stand().override.mode).toBe("auto");
    expect(bench.storedZones).toEqual(["stand"]);
  });

  test("an override with a duration of a device without a zone ends by itself and leaves no data", () => {
    reads("lone", 900);
    const lone = devices.get("lone")!;
    lamps.setMode(lone, "on", 60_000, Date.now());
    forgetSent();
    passes(300_000);
    expect(sent()).toEqual([["lone", false]]);
    expect(bench.storedDevices).toEqual(["lone"]);
    lamps.setMode(lone, "on", 60_000, Date.now());
    lamps.setMode(lone, "auto", undefined, Date.now());
    forgetSent();
    passes(120_000);
    expect(sent()).toEqual([]);
    expect(bench.storedDevices).toEqual(["lone"]);
  });
});

test("a lamp whose min_off delays a switch is switched after this time without another reading", () => {
  const lone = devices.obtain("lone")!;
  const rule = { ...LESSON_RULE, min_off: 10_000 };
  lone.configure({ label: undefined, zone: undefined, rule, heartbeat: 30_000, revision: 1 });
  reads("lone", 900);
  reads("lone", 100);
  expect(lone.led_on).toBe(false);
  expect(lone.reason).toBe("light 100 < 300, but off for at least 10 s");
  forgetSent();
  passes(15_000);
  expect(sent()).toEqual([["lone", true]]);
});

test("zones that remain in a changed configuration keep their overrides", () => {
  configureZones(STAND);
  lamps.setZoneMode(zones.get("stand")!, "on", undefined, Date.now());
  zones.apply([
    { ...STAND, lamps: ["x"] },
    { ...STAND, name: "new", lamps: ["y"] },
  ]);
  expect(zones.get("stand")!.override.mode).toBe("on");
  expect(zones.get("new")!.override.mode).toBe("auto");
  expect(zones.membershipOf("y")!.lampOf).toBe(zones.get("new"));
});
