/**
 * Tests the guarantees of docs/internals/chaos.md, one fault per test. Each test has its own board, so that the tests can
 * run in parallel.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topicOf, type Telemetry } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { FAULTS } from "./faults.js";
import { createRandom } from "./random.js";
import { BOARD_KEEP_ALIVE, startTestSystem, publishToBoard, type TestSystem } from "./stand.js";
import type { Station } from "./station.js";

/** Keep-alive of the boards, in ms. */
const KEEP_ALIVE_INTERVAL = BOARD_KEEP_ALIVE * 1000;

let system: TestSystem;
const logLines: { who: string; line: string }[] = [];
const readings: (Telemetry & { id: string; arrived: number })[] = [];

beforeAll(async () => {
  system = await startTestSystem({
    broker: "embedded",
    boards: 5,
    random: createRandom(1),
    onLogLine: (who, line) => logLines.push({ who, line }),
  });
  system.client.on("message", (topic, payload) => {
    const id = topic.slice(0, topic.lastIndexOf("/"));
    readings.push({ ...(JSON.parse(payload.toString()) as Telemetry), id, arrived: Date.now() });
  });
  await system.client.subscribeAsync("nightlight/+/telemetry", { qos: 1 });
});
afterAll(() => system?.close());

const waitForAgreement = (station: Station, within = 5000) =>
  eventually(() => !station.findDisagreement(), { within, what: `${station.id} to agree with the server` });

/** Sends a configuration to a board. Resolves when the board has applied the configuration. */
async function configure(station: Station, config: object): Promise<void> {
  const { board, id } = station;
  const before = board.lamp;
  await publishToBoard(system, id, "config", config);
  // a board handles messages in order: once the lamp has switched, the configuration is applied
  await publishToBoard(system, id, "commands", { led_on: !before });
  await eventually(() => board.lamp !== before, { what: "the board's lamp to switch" });
}

/** Starts to observe a board's log. Returns a function that returns the lines logged since this call. */
function recordLog({ id }: Station): () => string[] {
  const from = logLines.length;
  return () =>
    logLines
      .slice(from)
      .filter(({ who }) => who === id)
      .map(({ line }) => line);
}

/** Returns an array to which each later state of the lamp is appended. */
function recordLamp({ board }: Station): boolean[] {
  const states: boolean[] = [];
  board.on("lamp", (on) => states.push(on));
  return states;
}

describe.concurrent("a board", () => {
  test("detects a dead connection within 1.5 × keep-alive, and reconnects when the network recovers", async () => {
    const station = system.stations[0];
    const since = recordLog(station);
    station.proxy.discardData();
    await eventually(() => since().some((line) => line.startsWith("disconnected")), {
      within: 1.5 * KEEP_ALIVE_INTERVAL,
      what: "the board to detect the dead connection",
    });
    await station.proxy.heal();
    station.stopLightWalk();
    await waitForAgreement(station);
  });

  test("executes 200 commands that arrive in one burst, all of them and in order", async () => {
    const station = system.stations[1];
    station.stopLightWalk();
    await waitForAgreement(station);
    const first = !station.board.lamp;
    const wanted = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? first : !first));
    const lamp = recordLamp(station);
    station.proxy.holdData();
    await Promise.all(wanted.map((led_on) => publishToBoard(system, station.id, "commands", { led_on })));
    expect(lamp).toEqual([]);
    await station.proxy.heal();
    await eventually(() => lamp.length >= wanted.length, { within: 10_000, what: "two hundred switches" });
    expect(lamp).toEqual(wanted);
  });

  test("rejects an action that expired while the board was offline, and executes a later one", async () => {
    const station = system.stations[2];
    const replies: unknown[] = [];
    const listener = system.client;
    listener.on("message", (topic, payload) => {
      if (topic === topicOf(station.id, "replies")) replies.push(JSON.parse(payload.toString()));
    });
    await listener.subscribeAsync(topicOf(station.id, "replies"), { qos: 1 });
    const requestReport = async (expires: number) => {
      const response = await fetch(`${system.server.http}/api/devices/${station.id}/actions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ action: "report", expires }),
      });
      return (await response.json()) as { outcome: string; seq: number };
    };
    await station.proxy.refuse();
    const late = await requestReport(1);
    expect(late.outcome).toBe("timeout");
    await station.proxy.heal();
    const inTime = await requestReport(10);
    expect(inTime.outcome).toBe("done");
    await eventually(() => replies.length > 1, { what: "both replies" });
    expect(replies).toMatchObject([
      { seq: late.seq, ok: false, error: "expired" },
      { seq: inTime.seq, ok: true },
    ]);
  });

  test("decides by itself after `alone_after`, and returns control to the server without switching the lamp", async () => {
    const station = system.stations[3];
    await configure(station, { alone_after: 1000 });
    const since = recordLog(station);
    await station.proxy.refuse();
    await eventually(() => since().includes("decided by the device"), { what: "the board to decide by itself" });
    for (const light of [100, 900, 200]) {
      station.board.setLight(light);
      await eventually(() => station.board.lamp === light < 300, { within: 1000, what: `the lamp at light ${light}` });
    }
    const lamp = recordLamp(station);
    await station.proxy.heal();
    await waitForAgreement(station);
    expect(lamp).toEqual([]);
  });

  test(
    "delivers the readings of an outage, in order and with the times at which they were taken",
    { timeout: 60_000 },
    async () => {
      const station = system.stations[4];
      const taken = new Map<number, number>();
      let step = 0;
      await configure(station, { sample: 50 });
      await station.proxy.refuse();
      const ownReadings = () => readings.filter(({ id, light }) => id === station.id && taken.has(light));
      await new Promise<void>((resolve) => {
        // Sets a different light value at each step, so that the value identifies the time of a reading. No mean of up to
        // seven samples, some bright and some dark, is one of these values.
        const timer = setInterval(() => {
          const light = (step % 2 ? 900 : 0) + Math.floor(step / 2);
          taken.set(light, Date.now());
          station.board.setLight(light);
          if (++step < 240) return;
          clearInterval(timer);
          resolve();
        }, 90);
      });
      await station.proxy.heal();
      await waitForAgreement(station, 10_000);
      await eventually(() => system.ledger.countOutstanding() === 0, { within: 10_000, what: "the last reading" });
      // Expects fewer than the 240 readings, because some are the mean of two light values, which identifies no time.
      expect(ownReadings().length).toBeGreaterThan(150);
      const [newest, ...backlog] = ownReadings();
      expect(newest.light).toBe(900 + Math.floor((step - 1) / 2));
      // leaves out live readings, because the board sends them between the readings of the backlog
      const waited = backlog.filter(({ light }) => light !== newest.light).map(({ seq }) => seq!);
      expect(waited).toEqual([...waited].sort((a, b) => a - b));
      const errors = ownReadings()
        .filter(({ light }) => light !== newest.light)
        .map(({ light, age, arrived }) => Math.abs(arrived - age! - taken.get(light)!));
      expect(Math.max(...errors)).toBeLessThan(500);
      const offsets = ownReadings().map(({ age, at, arrived }) => arrived - age! - at!);
      expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(300);
    },
  );
});

test("a server killed during a burst loses no reading, and no server run stores a reading twice", async () => {
  const burst = FAULTS.find(({ name }) => name === "server kill -9 in a burst")!;
  for (const station of system.stations) station.startLightWalk();
  await burst.plan(createRandom(5), system.stations.length).run(system);
  for (const station of system.stations) station.stopLightWalk();
  for (const station of system.stations) await waitForAgreement(station, 10_000);
  await eventually(() => system.ledger.countOutstanding() === 0, { within: 10_000, what: "every reading" });
  system.ledger.closePeriod("burst", 0);
  const [row] = system.ledger.createResultRows();
  expect(row).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0 });
  expect(row.stored).toBe(row.taken);
  expect(system.crashes).toEqual([]);
});
