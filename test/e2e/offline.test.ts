import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

const ID = "nightlight/sim-1";

interface Reading {
  readonly light: number;
  readonly seq: number;
  readonly age: number;
}

describe("a board that was offline", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ broker: "embedded" });
  });
  afterAll(() => rig?.close());

  const listReceivedReadings = () =>
    rig.seen.filter((m) => m.topic === topicOf(ID, "telemetry")).map((m) => JSON.parse(m.text) as Reading);

  /**
   * Sends a configuration and waits until the board has applied it. The reply to a later action shows this, because
   * boards handle messages in order.
   */
  async function sendConfig(config: object, seq: number): Promise<void> {
    await rig.observer.publishAsync(topicOf(ID, "config"), JSON.stringify(config), { qos: 1, retain: true });
    await rig.observer.publishAsync(topicOf(ID, "commands"), JSON.stringify({ action: "report", seq }), { qos: 1 });
    await eventually(
      () => rig.seen.some((m) => m.topic === topicOf(ID, "replies") && m.text.includes(`"seq":${seq},`)),
      {
        within: 10_000,
        what: "the board to apply the configuration",
      },
    );
  }

  const waitForLight = (light: number, since: number) =>
    eventually(() => listReceivedReadings().some((r, i) => i >= since && r.light === light), {
      within: 10_000,
      what: `a reading of ${light}`,
    });

  /** Cuts the network, lets the light cross the threshold four times, and reconnects. Returns all readings since the cut. */
  async function simulateOutage(): Promise<Reading[]> {
    const [board] = rig.boards;
    const before = listReceivedReadings().length;
    board.network.cut();
    // the board decides by itself during the outage, so a lamp that follows shows that a reading was taken
    for (const light of [100, 900, 120, 880]) {
      board.setLight(light);
      await eventually(() => board.lamp === light < 300, {
        within: 10_000,
        what: `the lamp at ${light}, without a server`,
      });
    }
    board.network.heal();
    board.setLight(110);
    await waitForLight(110, before);
    // waits for three new readings: the board sends them only after all readings that it buffered during the outage
    for (const light of [710, 111, 711]) {
      board.setLight(light);
      await waitForLight(light, before);
    }
    return listReceivedReadings().slice(before);
  }

  /** Returns the lights at the crossings. A board also reports the light at which it takes over and switches its lamp. */
  const findLightsAtCrossings = (readings: Reading[]) =>
    readings
      .map((r) => r.light)
      .filter((light, at, lights) => [100, 900, 120].includes(light) && light !== lights[at - 1]);

  it("sends all stored readings after the reconnect, in order and with their age", async () => {
    await sendConfig({ alone_after: 1000, offline: "keep" }, 1);
    const readings = await simulateOutage();
    expect(findLightsAtCrossings(readings)).toEqual([100, 900, 120]);
    const late = readings.filter((r) => r.age > 1000).map((r) => r.seq);
    expect(late.length).toBeGreaterThan(0);
    expect(late).toEqual([...late].sort((a, b) => a - b));
  });

  it("tells the server when it switched its lamp, so that the history has each switch at its time", async () => {
    await sendConfig({ alone_after: 1000, offline: "keep" }, 2);
    const cutAt = Date.now();
    await simulateOutage();
    const listSwitches = async () => {
      const { switches } = await rig.server.history.query({
        device: ID,
        from: cutAt,
        to: Date.now() + 1000,
        points: 1,
      });
      return switches;
    };
    // the board has returned with its lamp on, for the light 110, and the light then crosses the threshold three times
    const states = [true, false, true, false, true, false, true, false];
    await eventually(async () => (await listSwitches()).length >= states.length, { what: "the switches" });
    const switches = await listSwitches();
    expect(switches.map(({ led_on }) => led_on)).toEqual(states);
    expect(switches.slice(0, 5).map(({ by }) => by)).toEqual(Array(5).fill("device"));
    expect(new Set(switches.map(({ time }) => time)).size).toBe(states.length);
  });

  it("sends only the latest reading with `offline: latest`", async () => {
    await sendConfig({ alone_after: 1000, offline: "latest" }, 3);
    expect(findLightsAtCrossings(await simulateOutage())).toEqual([]);
  });

  it("decides by the last received rule", async () => {
    await sendConfig({ alone_after: 1000, threshold: 700 }, 4);
    const [board] = rig.boards;
    board.network.cut();
    // the lamp would be off by the default rule, so a lit lamp shows that the received rule applies
    board.setLight(500);
    await eventually(() => board.lamp, { within: 10_000, what: "the lamp to switch on by the received rule" });
    board.setLight(701);
    await eventually(() => !board.lamp, { within: 5000, what: "the lamp to go out" });
    board.network.heal();
  });
});
