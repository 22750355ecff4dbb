import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf, type Reply } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

const ID = "nightlight/sim-1";

describe("a board", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ broker: "embedded" });
  });
  afterAll(() => rig?.close());

  async function requestAction(action: string, seq: number): Promise<Reply> {
    await rig.observer.publishAsync(topicOf(ID, "commands"), JSON.stringify({ action, seq }), { qos: 1 });
    const isReply = (text: string) => text.includes(`"seq":${seq},`);
    const { text } = await eventually(
      () => rig.seen.find((m) => m.topic === topicOf(ID, "replies") && isReply(m.text)),
      { within: 15_000, what: `the reply to ${action}` },
    );
    return JSON.parse(text) as Reply;
  }

  it("blinks three times for identify, then restores its lamp", async () => {
    const [board] = rig.boards;
    board.setLight(100);
    await eventually(() => board.lamp, { within: 15_000, what: "the lamp" });
    const lamp: boolean[] = [];
    board.on("lamp", (on) => lamp.push(on));
    expect(await requestAction("identify", 1000)).toMatchObject({ ok: true });
    await eventually(() => lamp.length >= 6, { within: 15_000, what: "three blinks" });
    expect(lamp).toEqual([false, true, false, true, false, true]);
    // Blinking does not change the reported lamp state, which stays on because it is dark.
    const reportedStates = rig.seen
      .filter((m) => m.topic === topicOf(ID, "status"))
      .map((m) => JSON.parse(m.text).led_on);
    expect(reportedStates.slice(reportedStates.indexOf(true))).not.toContain(false);
  });

  it("shows the new state after identify if the lamp was switched meanwhile", async () => {
    const [board] = rig.boards;
    let changes = 0;
    board.on("lamp", () => changes++);
    expect(await requestAction("identify", 1001)).toMatchObject({ ok: true });
    board.setLight(900);
    await eventually(() => changes >= 5, { within: 15_000, what: "the blinks" });
    await eventually(() => rig.server.devices.get(ID)?.blinking === false && !board.lamp, {
      within: 15_000,
      what: "the lamp off",
    });
    board.setLight(100);
    await eventually(() => board.lamp, { within: 15_000, what: "the lamp on" });
  });

  it("answers report with its state, program start, queued and lost readings, and MQTT statistics", async () => {
    const reply = await requestAction("report", 1002);
    expect(reply).toMatchObject({
      ok: true,
      light: 100,
      led_on: true,
      rejected: 0,
      connects: 1,
      dropped: 0,
      resent: 0,
    });
    // `began` is the uptime at which the program started.
    expect(reply.began).toBeLessThan(reply.uptime!);
    expect(reply.waiting).toBeLessThan(10);
    expect(Math.min(reply.sent!, reply.received!)).toBeGreaterThan(2);
    await rig.observer.publishAsync(topicOf(ID, "commands"), "nonsense", { qos: 1 });
    await eventually(async () => (await requestAction("report", Math.floor(performance.now()) + 2000)).rejected === 1, {
      within: 15_000,
      what: "the refused message to be counted",
    });
  });

  it("publishes as its version the text that the runtime logs for the flashed program", async () => {
    const id = "nightlight/version";
    const lines: string[] = [];
    const board = rig.simulator.add({ id });
    board.on("log", (_level, text) => lines.push(text));
    await board.start();
    const firmware = await eventually(() => rig.server.devices.get(id)?.firmware, {
      within: 15_000,
      what: "the board",
    });
    expect(firmware).toMatch(/^v?\d+\.\d+\.\d+/);
    const started = lines.find((line) => line.startsWith("* start: "));
    expect(started).toBe(`* start: nightlight ${firmware}`);
    expect(lines.some((line) => line.startsWith(`nightlight ${firmware} on `))).toBe(true);
    await rig.simulator.remove(id);
  });
});
