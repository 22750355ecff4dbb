/** Tests that late readings tell the history when boards have switched their lamps. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Telemetry } from "../../contract/index.js";
import { Devices } from "../../server/src/devices/devices.js";
import { withDistinctSwitches } from "../../server/src/history/distinct-switches.js";
import { MAX_SWITCHES, NO_HISTORY, type HistoryRow, type HistorySwitch } from "../../server/src/history/history.js";
import { LateSwitches } from "../../server/src/ingest/late-switches.js";
import { getTestSeed } from "../support/seed.js";

const SECOND = 1000;
/** Time at which the readings of a test begin, in ms. */
const START = 10_000_000;

/** A reading that arrives at the server. */
interface Arrival {
  /** When the reading was taken, in seconds after `START`. */
  readonly second: number;
  readonly led_on: boolean;
  readonly isLate: boolean;
}

/** Receives readings as the server does. Returns the recorded switches, sorted by time as the history does. */
function receive(arrivals: readonly Arrival[]): HistorySwitch[] {
  const switches: HistorySwitch[] = [];
  const lateSwitches = new LateSwitches({ addSwitch: (_device, change) => void switches.push(change) });
  const device = new Devices().obtain("porch")!;
  for (const { second, led_on, isLate } of arrivals) {
    const measuredAt = START + second * SECOND;
    const reading: Telemetry = { light: 500, led_on };
    lateSwitches.add(device, reading, measuredAt, isLate);
    if (measuredAt > device.measuredAt) device.acceptReading(500, undefined, measuredAt, led_on);
  }
  return switches.sort((a, b) => a.time - b.time);
}

/** Returns what an answer contains, as "second on" or "second off". */
async function answer(switches: readonly HistorySwitch[], led_on: boolean | null): Promise<string[]> {
  const reader = withDistinctSwitches({
    ...NO_HISTORY,
    query: async () => ({ points: [], switches, led_on, step: 0 }),
  });
  const found = await reader.query({ device: "porch", from: 0, to: 2 * START, points: 1 });
  return found.switches.map(({ time, led_on }) => `${Math.round((time - START) / SECOND)} ${led_on ? "on" : "off"}`);
}

describe("the history of a lamp that its board has switched alone", () => {
  test.each([
    ["which sends its newest reading first", true],
    ["which sends its readings in order", false],
  ])("has each switch at the time of the reading, for a board %s", async (_name, sendsNewestFirst) => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.boolean(), { maxLength: 10 }),
        fc.boolean(),
        fc.boolean(),
        async (before, lateStates, newestState, liveState) => {
          const readings = [...lateStates, newestState, liveState].map((led_on, index) => ({
            second: 10 * index,
            led_on,
          }));
          const [newest, live] = readings.slice(-2).map((reading) => ({ ...reading, isLate: false }));
          const late = readings.slice(0, -2).map((reading) => ({ ...reading, isLate: true }));
          const switches = receive(sendsNewestFirst ? [newest, ...late, live] : [...late, newest, live]);
          // The first reading in time after the late ones is the last that counts: then the server hears the board again.
          const counting = sendsNewestFirst ? readings : readings.slice(0, -1);
          const expected = late.length === 0 ? [] : counting.filter(({ led_on }, at) => led_on !== (counting[at - 1]?.led_on ?? before)); // prettier-ignore
          expect(await answer(switches, before)).toEqual(
            expected.map(({ second, led_on }) => `${second} ${led_on ? "on" : "off"}`),
          );
        },
      ),
      { seed: getTestSeed() },
    );
  });
});

test("a board whose first report says that its lamp was off has switched nothing", async () => {
  const switches = receive([{ second: 1, led_on: false, isLate: true }, { second: 2, led_on: true, isLate: true }]); // prettier-ignore
  expect(await answer(switches, null)).toEqual(["2 on"]);
});

test("what a reading reports comes before the switch that the server decides by it in the same millisecond", async () => {
  const switches: HistorySwitch[] = [];
  const lateSwitches = new LateSwitches({ addSwitch: (_device, change) => void switches.push(change) });
  const device = new Devices().obtain("porch")!;
  const time = START + 10 * SECOND;
  lateSwitches.add(device, { light: 100, led_on: false }, time, false);
  device.acceptReading(100, undefined, time, false);
  switches.push({ time, led_on: true, by: "server", reason: "light 100 < 300" });
  lateSwitches.add(device, { light: 100, led_on: true }, START + 5 * SECOND, true);
  lateSwitches.add(device, { light: 100, led_on: true }, START + 20 * SECOND, false);
  switches.sort((a, b) => a.time - b.time);
  expect(await answer(switches, null)).toEqual(["5 on", "10 off", "10 on"]);
});

test("a reading without the lamp's state, as of a lesson's device, tells nothing", () => {
  const lateSwitches = new LateSwitches({ addSwitch: () => expect.unreachable() });
  const device = new Devices().obtain("porch")!;
  lateSwitches.add(device, { light: 5 }, 1, true);
});

test("an export leaves out switches to the state that the lamp already had, across pages and before its start", async () => {
  const row = (time: number, led_on: boolean | null): HistoryRow => ({ time, light: led_on === null ? 5 : null, led_on, by: null, reason: null }); // prettier-ignore
  const reader = withDistinctSwitches({
    query: async ({ from, to }) => ({ points: [], switches: [], led_on: from === 99 && to === 100, step: 0 }),
    async *rows() {
      yield [row(100, true), row(101, null), row(102, false)];
      yield [row(103, false), row(104, null), row(105, true)];
    },
  });
  const times: number[] = [];
  for await (const rows of reader.rows("porch", 100, 200)) times.push(...rows.map(({ time }) => time));
  expect(times).toEqual([101, 102, 104, 105]);
});

test("an answer leaves out a switch at its start to the state that the lamp already had", async () => {
  const stored = [100, 150].map((time): HistorySwitch => ({ time, led_on: time === 100, by: "server", reason: "" }));
  const reader = withDistinctSwitches({
    ...NO_HISTORY,
    query: async ({ from }) => ({ points: [], switches: stored.filter(({ time }) => time >= from), led_on: true, step: 0 }), // prettier-ignore
  });
  const query = { device: "porch", to: 200, points: 1 };
  for (const from of [99, 100])
    expect((await reader.query({ ...query, from })).switches.map(({ time }) => time)).toEqual([150]);
});

test("an answer without the oldest switches keeps the first one that it has", async () => {
  const switches = Array.from({ length: MAX_SWITCHES }, (_, index): HistorySwitch => {
    return { time: START + index, led_on: index % 2 === 1, by: "server", reason: "" };
  });
  expect(await answer(switches, false)).toHaveLength(MAX_SWITCHES);
  expect(await answer(switches.slice(1), true)).toHaveLength(MAX_SWITCHES - 2);
});
