/** Tests the estimate of a board's power against charges that are calculated by hand. */
import { describe, expect, test } from "vitest";
import type { ProtocolResult } from "../../bench/protocols/measure.js";
import { breakEvenInterval, daysOfBattery, estimatePower } from "../../bench/protocols/power.js";

const MQTT: ProtocolResult = {
  name: "MQTT",
  tls: false,
  each: false,
  roundTrips: 3,
  connection: { up: 112, down: 9 },
  reading: { up: 112, down: 61 },
  command: { up: 4, down: 46 },
  pulse: { up: 2, down: 2 },
};

describe("a board that wakes from deep sleep for each reading", () => {
  test("needs the charge of starting, joining the Wi-Fi, waiting and transmitting", () => {
    const transmitSeconds = (8 * (112 + 112 + 3 * 80)) / 1e6;
    const charge = 28 * 0.3 + 84 * 1 + 84 * 3 * 0.02 + 335 * transmitSeconds;
    expect(estimatePower(MQTT, "deep sleep").readingCharge).toBeCloseTo(charge, 6);
    expect(charge).toBeCloseTo(98.7, 1);
  });

  test("needs 5 µA between readings", () => {
    expect(estimatePower(MQTT, "deep sleep").averageCurrent(1e9)).toBeCloseTo(0.005, 3);
  });

  test("also calculates for a second with TLS", () => {
    const withTls = estimatePower({ ...MQTT, tls: true }, "deep sleep").readingCharge;
    expect(withTls - estimatePower(MQTT, "deep sleep").readingCharge).toBeCloseTo(84, 6);
  });

  test("does not transmit the bytes of the connection twice when they are part of the reading", () => {
    const each = { ...MQTT, each: true };
    const difference =
      estimatePower(MQTT, "deep sleep").readingCharge - estimatePower(each, "deep sleep").readingCharge;
    expect(difference).toBeCloseTo((335 * 8 * 112) / 1e6, 6);
  });

  test("cannot need less than the average of its awake time, however often it reports", () => {
    const { averageCurrent } = estimatePower(MQTT, "deep sleep");
    expect(averageCurrent(0.1)).toBe(averageCurrent(1));
    expect(averageCurrent(0.1)).toBeLessThan(84);
  });
});

describe("a board that stays connected", () => {
  const charge = (84 - 1.4) * 0.07 + ((335 - 1.4) * 8 * (112 + 80)) / 1e6;

  test("keeps its receiver on for an exchange and 50 ms longer", () => {
    expect(estimatePower(MQTT, "light sleep").readingCharge).toBeCloseTo(charge, 6);
  });

  test("adds the charge of its readings to the current of the Wi-Fi connection", () => {
    expect(estimatePower(MQTT, "light sleep").averageCurrent(10)).toBeCloseTo(1.4 + charge / 10, 6);
  });

  test("pings only when a reading does not come within a minute", () => {
    const ping = (84 - 1.4) * 0.07 + ((335 - 1.4) * 8 * (2 + 80)) / 1e6;
    const { averageCurrent } = estimatePower(MQTT, "light sleep");
    expect(averageCurrent(60)).toBeCloseTo(1.4 + charge / 60, 6);
    expect(averageCurrent(600)).toBeCloseTo(1.4 + (charge + 9 * ping) / 600, 6);
  });

  test("asks for commands where the protocol has no ping", () => {
    const { averageCurrent } = estimatePower(
      { ...MQTT, pulse: undefined, command: { up: 149, down: 170 } },
      "light sleep",
    );
    expect(averageCurrent(600)).toBeGreaterThan(estimatePower(MQTT, "light sleep").averageCurrent(600));
  });
});

test("a battery of 2,000 mAh supplies 1.5 mA for 56 days", () => {
  expect(daysOfBattery(2000, 1.5)).toBeCloseTo(55.56, 2);
});

test("deep sleep needs less than staying connected from about a minute on, and never the other way round", () => {
  const asleep = estimatePower(MQTT, "deep sleep");
  const connected = estimatePower(MQTT, "light sleep");
  const interval = breakEvenInterval(asleep, connected)!;
  expect(asleep.averageCurrent(interval)).toBeLessThan(connected.averageCurrent(interval));
  expect(asleep.averageCurrent(interval - 1)).toBeGreaterThanOrEqual(connected.averageCurrent(interval - 1));
  expect(breakEvenInterval(estimatePower(MQTT, "modem sleep"), connected)).toBeUndefined();
});
