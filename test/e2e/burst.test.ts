import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ broker: "embedded" });
});
afterAll(() => rig?.close());

test("more commands at once than a board has memory for cost it the connection, not the program", async () => {
  const [board] = rig.boards;
  const lamp = (on: boolean): Promise<unknown> =>
    eventually(() => board.lamp === on, { within: 25_000, what: `the lamp to be ${on ? "on" : "off"}` });
  board.setLight(900);
  await lamp(false);
  let lost = false;
  board.on("log", (_level, text) => (lost ||= text.includes("received bytes wait to be read")));
  const commands = Array.from({ length: 500 }, (_, i) => JSON.stringify({ led_on: i % 2 === 0 }));
  await Promise.all(commands.map((text) => rig.observer.publishAsync("nightlight/sim-1/commands", text, { qos: 1 })));
  await eventually(() => lost, { within: 15_000, what: "the board to give up the connection" });
  board.setLight(100);
  await lamp(true);
  expect(board.crashes).toBe(0);
}, 60_000);
