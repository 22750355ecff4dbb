/** Tests that the history contains exactly the switches that a person at the lamp sees, each with its true reason. */
import { beforeEach, expect, test } from "vitest";
import type { NightlightServer } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import { startTestBoard, type TestBoard } from "./support/board.js";
import { createTemporaryFolder, startTestServer } from "./support/server.js";

const ID = "nightlight/porch";

let server: NightlightServer;
let board: TestBoard;
let data: string;
beforeEach(async () => {
  data = await createTemporaryFolder();
  server = await startTestServer({ history: undefined, data });
  board = await startTestBoard(server.brokerUrl, ID, { silent: true });
});

const report = (led_on: boolean, fields: object = {}): Promise<unknown> =>
  board.client.publishAsync(`${ID}/status`, JSON.stringify({ online: true, led_on, ...fields }), {
    qos: 1,
    retain: true,
  });

interface Switch {
  readonly led_on: boolean;
  readonly by: string;
  readonly reason: string;
}

/** Returns the recorded switches, once there are at least `count`. */
async function recordedSwitches(count: number): Promise<string[]> {
  let switches: Switch[] = [];
  await eventually(
    async () => {
      const answer = await fetch(`${server.httpUrl}/api/history?device=${encodeURIComponent(ID)}`);
      ({ switches } = (await answer.json()) as { switches: Switch[] });
      return switches.length >= count;
    },
    { what: `${count} switches` },
  );
  return switches.map(({ led_on, by, reason }) => `${led_on ? "on" : "off"} by ${by}: ${reason}`);
}

test("a board that starts in the dark is switched on once, though it reports its dark lamp once more", async () => {
  await report(false);
  await board.read(100);
  await report(false, { config: 1 });
  await report(true, { config: 1 });
  await board.read(500);
  expect(await recordedSwitches(2)).toEqual(["on by server: light 100 < 300", "off by server: light 500 ≥ 300"]);
});

test("a board that returns from an update with its lamp on in daylight is switched off once", async () => {
  await report(true);
  await board.read(100);
  await report(true, { online: false, updating: true });
  await report(true);
  await board.read(500);
  await report(true, { config: 1 });
  await report(false, { config: 1 });
  await board.read(100);
  expect(await recordedSwitches(3)).toEqual([
    "on by device: the board reports that its lamp is on",
    "off by server: light 500 ≥ 300",
    "on by server: light 100 < 300",
  ]);
});

test("a board that lost power in the dark was off until the server has switched its lamp on again", async () => {
  await report(false);
  await board.read(100);
  await report(true);
  await report(false);
  expect(server.devices.get(ID)).toMatchObject({ led_on: false, reason: "the board reports that its lamp is off" });
  await board.read(90);
  await report(true);
  expect(await recordedSwitches(3)).toEqual([
    "on by server: light 100 < 300",
    "off by device: the board reports that its lamp is off",
    "on by server: light 90 < 300",
  ]);
});

test("a board that restarts together with the server reports that its lamp is off", async () => {
  await report(true);
  await board.read(100);
  await board.client.endAsync();
  await server.close();
  server = await startTestServer({ history: undefined, data });
  await eventually(() => server.devices.get(ID)?.led_on === true, { what: "the last known state" });
  board = await startTestBoard(server.brokerUrl, ID, { silent: true });
  await report(false);
  await board.read(500);
  expect((await recordedSwitches(2)).at(-1)).toBe("off by device: the board reports that its lamp is off");
});

test("a board that decides alone is believed, even if it contradicts a command that it has not confirmed", async () => {
  await report(false);
  await board.read(100);
  await report(false, { decided_by: "device" });
  expect(await recordedSwitches(2)).toEqual([
    "on by server: light 100 < 300",
    "off by device: the board decides alone: it could not reach the server",
  ]);
});

test("a board that was alone for a minute tells in its late readings when it switched its lamp", async () => {
  const read = (seq: number, light: number, led_on: boolean, age: number): Promise<unknown> =>
    board.client.publishAsync(`${ID}/telemetry`, JSON.stringify({ light, led_on, boot: 7, seq, age }), { qos: 1 });
  await report(true, { decided_by: "device" });
  await read(4, 100, true, 0);
  await read(1, 500, false, 60_000);
  await read(2, 100, true, 40_000);
  await read(3, 500, false, 20_000);
  await report(true);
  await read(5, 90, true, 0);
  expect(await recordedSwitches(3)).toEqual([
    "on by device: the board reported later that its lamp was on",
    "off by device: the board reported later that its lamp was off",
    "on by device: the board decides alone: it could not reach the server",
  ]);
  const csv = await (await fetch(`${server.httpUrl}/api/history.csv?device=${encodeURIComponent(ID)}`)).text();
  const rows = csv.split("\n").filter((line) => /,(on|off|true|false),/.test(line));
  expect(rows).toHaveLength(3);
  const times = rows.map((row) => Date.parse(row.split(",")[0]));
  // The readings arrive one after the other, so the times are not exact.
  for (const [index, time] of times.slice(1).entries())
    expect(Math.abs(time - times[index] - 20_000)).toBeLessThan(5000);
});

test("readings from before the command arrives do not undo the switch after an outage", async () => {
  const read = (seq: number, light: number, led_on: boolean, age: number): Promise<unknown> =>
    board.client.publishAsync(`${ID}/telemetry`, JSON.stringify({ light, led_on, boot: 7, seq, age }), { qos: 1 });
  await report(false);
  await read(4, 100, false, 0);
  await eventually(() => server.devices.get(ID)?.led_on === true, { what: "the decision" });
  await read(1, 500, true, 60_000);
  await read(2, 500, false, 40_000);
  // A board sends each new reading before the rest of its late ones.
  await read(5, 90, false, 0);
  await read(3, 500, false, 20_000);
  await read(6, 90, false, 0);
  await report(true);
  await read(7, 90, true, 0);
  expect(await recordedSwitches(3)).toEqual([
    "on by device: the board reported later that its lamp was on",
    "off by device: the board reported later that its lamp was off",
    "on by server: light 100 < 300",
  ]);
});
