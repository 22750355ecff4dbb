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

describe("what a board measured while it was offline", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ broker: "embedded" });
  });
  afterAll(() => rig?.close());

  const telemetry = () =>
    rig.seen.filter((m) => m.topic === topicOf(ID, "telemetry")).map((m) => JSON.parse(m.text) as Reading);

  /** Lets the board know, and waits until it does: messages are handled in order. */
  async function configure(config: object, seq: number): Promise<void> {
    await rig.observer.publishAsync(topicOf(ID, "config"), JSON.stringify(config), { qos: 1, retain: true });
    await rig.observer.publishAsync(topicOf(ID, "commands"), JSON.stringify({ action: "report", seq }), { qos: 1 });
    await eventually(
      () => rig.seen.some((m) => m.topic === topicOf(ID, "replies") && m.text.includes(`"seq":${seq},`)),
      {
        within: 10_000,
        what: "the board to know",
      },
    );
  }

  const seenLight = (light: number, since: number) =>
    eventually(() => telemetry().some((r, i) => i >= since && r.light === light), {
      within: 10_000,
      what: `a reading of ${light}`,
    });

  /** Cuts the network, lets the light cross the threshold four times, and heals it; gives what has arrived since. */
  async function outage(): Promise<Reading[]> {
    const [board] = rig.boards;
    const before = telemetry().length;
    board.network.cut();
    // a lamp that follows shows that a reading was taken: the board decides alone by then
    for (const light of [100, 900, 120, 880]) {
      board.setLight(light);
      await eventually(() => board.lamp === light < 300, {
        within: 10_000,
        what: `the lamp at ${light}, without a server`,
      });
    }
    board.network.heal();
    board.setLight(110);
    await seenLight(110, before);
    // whatever waited is sent before a reading that is taken after the first of the present has arrived
    for (const light of [710, 111, 711]) {
      board.setLight(light);
      await seenLight(light, before);
    }
    return telemetry().slice(before);
  }

  const crossings = (readings: Reading[]) =>
    readings.map((r) => r.light).filter((light) => [100, 900, 120].includes(light));

  it("is all sent when it is back, in order and with its age", async () => {
    await configure({ alone_after: 1000, offline: "keep" }, 1);
    const readings = await outage();
    expect(crossings(readings)).toEqual([100, 900, 120]);
    const late = readings.filter((r) => r.age > 1000).map((r) => r.seq);
    expect(late.length).toBeGreaterThan(0);
    expect(late).toEqual([...late].sort((a, b) => a - b));
  });

  it("is forgotten but for the latest, when a board is told so", async () => {
    await configure({ alone_after: 1000, offline: "latest" }, 2);
    expect(crossings(await outage())).toEqual([]);
  });

  it("is decided upon by the rule that the board was last told, also after its power was cut", async () => {
    await configure({ alone_after: 1000, threshold: 700 }, 3);
    const [board] = rig.boards;
    board.network.cut();
    // by the lesson's rule, which it starts with when it is new, the lamp would be off
    board.setLight(500);
    await board.restart();
    await eventually(() => board.lamp, { within: 10_000, what: "the lamp, by the rule in flash" });
    board.setLight(701);
    await eventually(() => !board.lamp, { within: 5000, what: "the lamp to go out" });
    board.network.heal();
  });
});
