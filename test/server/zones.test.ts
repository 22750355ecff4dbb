import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import type { ZonePolicy } from "../../server/src/decisions/policy.js";
import type { Zones } from "../../server/src/decisions/zones/zones.js";
import { explainLamp } from "../../server/src/devices/describe-device.js";
import type { Devices } from "../../server/src/devices/devices.js";
import type { Lamps } from "../../server/src/outputs/lamps.js";
import { commandsIn, createLampBench, type LampBench } from "./support/lamps.js";

let bench: LampBench;
let devices: Devices;
let zones: Zones;
let lamps: Lamps;

const STAND_ZONE: ZonePolicy = {
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
  bench = createLampBench();
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
const processReading = (id: string, light: number): void => bench.processReading(id, light);
/** Processes another reading with the same light. */
const repeatReading = (id: string): void => {
  const device = devices.get(id)!;
  device.acceptReading(device.light!, device.seq, Date.now());
};
function advanceTime(ms: number): void {
  for (let passed = 0; passed < ms; passed += 1000) {
    vi.advanceTimersByTime(Math.min(1000, ms - passed));
    lamps.tick(Date.now());
  }
}
/** Returns the lamp commands that were sent since the last call of `clearSentMessages`. */
const listSentCommands = (): [id: string, led_on: boolean][] =>
  commandsIn(bench.published).map(([id, { led_on }]) => [id, led_on]);
const clearSentMessages = (): void => void (bench.published.length = 0);
const getZoneReason = (): string | null => zones.get("stand")!.reason;
const lampStateOf = (id: string): boolean | undefined => devices.get(id)!.led_on;

describe("a zone", () => {
  test("a zone switches all its lamps and no others when most of its sensors are dark", () => {
    configureZones(STAND_ZONE);
    processReading("a", 900);
    processReading("b", 800);
    processReading("c", 100);
    expect([lampStateOf("x"), lampStateOf("y")]).toEqual([false, false]);
    clearSentMessages();
    processReading("b", 200);
    expect(listSentCommands()).toEqual([
      ["x", true],
      ["y", true],
      ["b", true],
    ]);
    expect(getZoneReason()).toBe("median 200 of 3 sensors < 300");
    // the zone switched lamp x on, although x has sent no reading of its own
    expect(devices.get("x")!.light).toBeUndefined();
  });

  test("one covered sensor does not switch a zone on", () => {
    configureZones(STAND_ZONE);
    for (const id of ["a", "b", "c"]) processReading(id, 900);
    for (let i = 0; i < 10; i++) processReading("a", 0);
    expect(lampStateOf("x")).toBe(false);
  });

  test("each reading of a zone's lamp is answered with the zone's state", () => {
    configureZones(STAND_ZONE);
    processReading("a", 100);
    clearSentMessages();
    processReading("x", 1023);
    processReading("x", 1023);
    expect(listSentCommands()).toEqual([
      ["x", true],
      ["x", true],
    ]);
  });

  test("a lamp that is also its zone's sensor gets one command for each reading", () => {
    configureZones({ ...STAND_ZONE, sensors: ["x"], lamps: ["x"] });
    processReading("x", 100);
    expect(listSentCommands()).toEqual([["x", true]]);
  });

  test("a zone leaves out a stale sensor, names it in the reason, and decides at once without it", () => {
    configureZones({ ...STAND_ZONE, combine: "any" });
    processReading("a", 100);
    expect(lampStateOf("x")).toBe(true);
    for (let i = 0; i < 4; i++) {
      advanceTime(30_000);
      processReading("b", 700);
      processReading("c", 800);
    }
    expect(lampStateOf("x")).toBe(false);
    expect(getZoneReason()).toBe("darkest 700 of 2 sensors ≥ 300; 1 stale left out");
  });

  test("a zone does not switch its lamps while all its sensors are stale", () => {
    configureZones(STAND_ZONE);
    for (const id of ["a", "b", "c"]) processReading(id, 100);
    clearSentMessages();
    advanceTime(200_000);
    expect(listSentCommands()).toEqual([]);
    expect(lampStateOf("x")).toBe(true);
    expect(getZoneReason()).toContain("left as it is");
  });

  test("a zone decides only when enough sensors have reported", () => {
    configureZones({ ...STAND_ZONE, combine: "at_least", at_least: 2 });
    processReading("a", 10);
    expect(lampStateOf("x")).toBeUndefined();
    processReading("b", 20);
    expect(lampStateOf("x")).toBe(true);
    expect(getZoneReason()).toBe("2nd darkest 20 of 2 sensors < 300; 1 stale left out");
  });

  test("a zone respects min_on, and switches its lamps after this time without another reading", () => {
    configureZones({ ...STAND_ZONE, sensors: ["a"], rule: { ...LESSON_RULE, min_on: 60_000 } });
    processReading("a", 100);
    advanceTime(20_000);
    processReading("a", 900);
    expect(lampStateOf("x")).toBe(true);
    expect(getZoneReason()).toBe("median 900 of 1 sensor ≥ 300, but on for at least 1 min");
    advanceTime(39_000);
    expect(lampStateOf("x")).toBe(true);
    advanceTime(1000);
    expect(lampStateOf("x")).toBe(false);
  });

  test("a zone is on only during its hours in its time zone, over midnight and with daylight saving time", () => {
    const hours = { from: 20 * 60, to: 6 * 60, time_zone: "Europe/Berlin", outside: "off" } as const;
    const setTime = (iso: string): void => {
      vi.setSystemTime(new Date(iso));
      for (const id of ["a", "b", "c"]) repeatReading(id);
      advanceTime(1000);
    };
    configureZones({ ...STAND_ZONE, hours });
    for (const id of ["a", "b", "c"]) processReading(id, 10);
    expect(lampStateOf("x")).toBe(false);
    expect(getZoneReason()).toBe("off outside 20:00 to 06:00 (Europe/Berlin)");
    setTime("2026-06-01T17:59:00Z");
    expect(lampStateOf("x")).toBe(false);
    // 20:00 in summer is 18:00 UTC
    setTime("2026-06-01T18:00:00Z");
    expect(lampStateOf("x")).toBe(true);
    setTime("2026-06-02T03:59:00Z");
    expect(lampStateOf("x")).toBe(true);
    setTime("2026-06-02T04:00:00Z");
    expect(lampStateOf("x")).toBe(false);
    // 20:00 in winter is 19:00 UTC
    setTime("2026-12-01T18:30:00Z");
    expect(lampStateOf("x")).toBe(false);
    setTime("2026-12-01T19:00:00Z");
    expect(lampStateOf("x")).toBe(true);
  });
});

describe("a person's override", () => {
  const getStandZone = (): NonNullable<ReturnType<typeof zones.get>> => zones.get("stand")!;

  test("an override of a zone takes precedence over its sensors and hours", () => {
    configureZones({ ...STAND_ZONE, hours: { from: 1200, to: 360, time_zone: "UTC", outside: "off" } });
    processReading("a", 900);
    lamps.setZoneMode(getStandZone(), "on", undefined, Date.now());
    processReading("a", 900);
    advanceTime(3_600_000);
    expect([lampStateOf("x"), lampStateOf("y")]).toEqual([true, true]);
    expect(getZoneReason()).toBe("a person keeps the zone on");
    lamps.setZoneMode(getStandZone(), "auto", undefined, Date.now());
    expect(lampStateOf("x")).toBe(false);
  });

  test("an override of a lamp takes precedence over its zone's, and other lamps follow the zone", () => {
    configureZones(STAND_ZONE);
    lamps.setMode(devices.get("x")!, "off", undefined, Date.now());
    lamps.setZoneMode(getStandZone(), "on", undefined, Date.now());
    expect([lampStateOf("x"), lampStateOf("y")]).toEqual([false, true]);
    lamps.setMode(devices.get("x")!, "auto", undefined, Date.now());
    expect(lampStateOf("x")).toBe(true);
  });

  test("an override with a duration ends by itself, once and on time", () => {
    configureZones(STAND_ZONE);
    processReading("a", 900);
    lamps.setZoneMode(getStandZone(), "on", 7_200_000, Date.now());
    advanceTime(7_199_000);
    expect(lampStateOf("x")).toBe(true);
    clearSentMessages();
    repeatReading("a");
    advanceTime(10_000);
    expect(listSentCommands()).toEqual([
      ["x", false],
      ["y", false],
    ]);
    expect(getStandZone().override.mode).toBe("auto");
    expect(bench.storedZones).toEqual(["stand"]);
  });

  test("an override with a duration of a device without a zone ends by itself and leaves no data", () => {
    processReading("lone", 900);
    const lone = devices.get("lone")!;
    lamps.setMode(lone, "on", 60_000, Date.now());
    clearSentMessages();
    advanceTime(300_000);
    expect(listSentCommands()).toEqual([["lone", false]]);
    expect(bench.storedDevices).toEqual(["lone"]);
    lamps.setMode(lone, "on", 60_000, Date.now());
    lamps.setMode(lone, "auto", undefined, Date.now());
    clearSentMessages();
    advanceTime(120_000);
    expect(listSentCommands()).toEqual([]);
    expect(bench.storedDevices).toEqual(["lone"]);
  });
});

test("a lamp whose min_off delays a switch is switched after this time without another reading", () => {
  const lone = devices.obtain("lone")!;
  const rule = { ...LESSON_RULE, min_off: 10_000 };
  lone.configure({ label: undefined, zone: undefined, rule, heartbeat: 30_000, revision: 1 });
  processReading("lone", 900);
  processReading("lone", 100);
  expect(lone.led_on).toBe(false);
  expect(explainLamp(lone)).toBe("light 100 < 300, but off for at least 10 s");
  clearSentMessages();
  advanceTime(15_000);
  expect(listSentCommands()).toEqual([["lone", true]]);
});

test("zones that remain in a changed configuration keep their overrides", () => {
  configureZones(STAND_ZONE);
  lamps.setZoneMode(zones.get("stand")!, "on", undefined, Date.now());
  zones.apply([
    { ...STAND_ZONE, lamps: ["x"] },
    { ...STAND_ZONE, name: "new", lamps: ["y"] },
  ]);
  expect(zones.get("stand")!.override.mode).toBe("on");
  expect(zones.get("new")!.override.mode).toBe("auto");
  expect(zones.membershipOf("y")!.lampOf).toBe(zones.get("new"));
});
