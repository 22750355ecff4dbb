import { afterAll, beforeAll, expect, test } from "vitest";
import { topicOf } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

/** Number of messages to send; a board's memory holds only 200. */
const MESSAGE_COUNT = 500;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ broker: "embedded" });
});
afterAll(() => rig?.close());

const waitForLamp = (on: boolean): Promise<unknown> =>
  eventually(() => rig.boards[0].lamp === on, { within: 25_000, what: `the lamp to be ${on ? "on" : "off"}` });

async function publishBurst(qos: 0 | 1): Promise<void> {
  const commands = Array.from({ length: MESSAGE_COUNT }, (_, i) => JSON.stringify({ led_on: i % 2 === 0 }));
  await Promise.all(commands.map((text) => rig.observer.publishAsync("nightlight/sim-1/commands", text, { qos })));
}

test("a board executes more commands than its memory holds, in order, because the broker sends 20 at a time", async () => {
  const [board] = rig.boards;
  // a lamp that switches shows that the board has subscribed
  board.setLight(100);
  await waitForLamp(true);
  board.setLight(900);
  await waitForLamp(false);
  const lamp: boolean[] = [];
  const recordLamp = (on: boolean): number => lamp.push(on);
  board.on("lamp", recordLamp);
  await publishBurst(1);
  await eventually(() => lamp.length === MESSAGE_COUNT, { within: 40_000, what: `${MESSAGE_COUNT} switches` });
  board.off("lamp", recordLamp);
  expect(lamp).toEqual(lamp.map((_, i) => i % 2 === 0));
  expect([board.crashes, rig.server.devices.get(board.id)!.online]).toEqual([0, true]);
});

test("a board executes and answers 200 actions in order, because the broker limits messages in flight", async () => {
  const [{ id }] = rig.boards;
  const seqs = Array.from({ length: 200 }, (_, i) => i + 1);
  const listReplies = (): { seq: number; ok: boolean }[] =>
    rig.seen
      .filter(({ topic }) => topic === topicOf(id, "replies"))
      .map(({ text }) => JSON.parse(text) as { seq: number; ok: boolean });
  const requestReport = (seq: number): Promise<unknown> =>
    rig.observer.publishAsync(topicOf(id, "commands"), JSON.stringify({ action: "report", seq }), { qos: 1 });
  // waits for one reply first, because a connected board executes actions only after the first message from the server
  await requestReport(1);
  await eventually(() => listReplies().length === 1, { within: 10_000, what: "the first reply" });
  await Promise.all(seqs.slice(1).map(requestReport));
  await eventually(() => listReplies().length >= seqs.length, { within: 25_000, what: "the replies" });
  expect(listReplies().map(({ seq, ok }) => ok && seq)).toEqual(seqs);
  expect(rig.boards[0].crashes).toBe(0);
}, 60_000);

test("a board survives more QoS 0 messages than its memory holds, although the broker does not limit them", async () => {
  const [board] = rig.boards;
  await publishBurst(0);
  board.setLight(100);
  await waitForLamp(true);
  board.setLight(900);
  await waitForLamp(false);
  expect(board.crashes).toBe(0);
});
