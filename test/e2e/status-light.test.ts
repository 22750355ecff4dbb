import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import type { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

/** Time for which the LED is observed in each state, in ms. */
const OBSERVATION_TIME = 8000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    broker: "embedded",
    server: { policy: { ...LESSON_POLICY, reporting: { alone_after: 2000 } } },
  });
});
afterAll(() => rig?.close());

function colorOf({ statusLight }: SimulatedBoard): string {
  if (statusLight === "runtime") return "runtime";
  const [red, green, blue] = statusLight;
  return red > 0 ? "orange" : green > 0 ? "green" : blue > 0 ? "blue" : "dark";
}

/** Observes the LED. Returns its colors, the share of the time in which it was lit, and the number of changes. */
async function observeLed(board: SimulatedBoard): Promise<{ colors: string[]; lit: number; changes: number }> {
  const colors = new Set<string>([colorOf(board)]);
  const began = performance.now();
  let since = began;
  let lit = 0;
  let dark = colorOf(board) === "dark";
  let changes = 0;
  const recordLed = () => {
    const now = performance.now();
    if (!dark) lit += now - since;
    since = now;
    dark = colorOf(board) === "dark";
    colors.add(colorOf(board));
  };
  const onChange = () => changes++;
  board.on("status-light", recordLed).on("change", onChange);
  await sleep(OBSERVATION_TIME);
  recordLed();
  board.off("status-light", recordLed).off("change", onChange);
  return { colors: [...colors].sort(), lit: lit / (since - began), changes };
}

test("the board's status LED shows by color and by rhythm whether it is online, connecting, or decides by itself", async () => {
  const [board] = rig.boards;
  const waitForColor = (color: string): Promise<unknown> =>
    eventually(() => colorOf(board) === color, { within: 20_000, what: () => `${color} instead of ${colorOf(board)}` });

  board.setLight(600);
  await waitForColor("green");
  await eventually(() => rig.server.devices.get("nightlight/sim-1")?.led_on === false, { what: "the first decision" });
  // Two seconds after the last color the runtime would show its own pattern. The LED must stay green nevertheless.
  expect(await observeLed(board)).toEqual({ colors: ["green"], lit: 1, changes: 0 });

  board.network.cut({ how: "reset" });
  await waitForColor("blue");
  const alone = await observeLed(board);
  expect(alone.colors).toEqual(["blue", "dark"]);
  expect(alone.lit).toBeGreaterThan(0.15);
  expect(alone.lit).toBeLessThan(0.38);
  expect(alone.changes).toBe(0);

  await rig.observer.publishAsync("nightlight/sim-1/config", '{"alone_after":60000}', { qos: 1, retain: true });
  board.network.heal();
  await waitForColor("green");
  // the board handles messages in order, so the reply shows that it has applied the configuration
  await rig.observer.publishAsync("nightlight/sim-1/commands", '{"action":"report","seq":2147483000}', { qos: 1 });
  await eventually(
    () => rig.seen.some((m) => m.topic === "nightlight/sim-1/replies" && m.text.includes("2147483000")),
    { what: "the board to apply the configuration" },
  );
  board.network.cut({ how: "reset" });
  await waitForColor("orange");
  const connecting = await observeLed(board);
  expect(connecting.colors).toEqual(["dark", "orange"]);
  expect(connecting.lit).toBeGreaterThan(0.38);
  expect(connecting.lit).toBeLessThan(0.62);

  await board.stop();
  await waitForColor("dark");
});
