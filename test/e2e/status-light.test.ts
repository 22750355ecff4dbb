import { afterAll, beforeAll, expect, test } from "vitest";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    broker: "embedded",
    server: { policy: { ...LESSON_POLICY, reporting: { alone_after: 2000 } } },
  });
});
afterAll(() => rig?.close());

test("the board's status LED is green when online, orange while connecting, and blue while the board decides by itself", async () => {
  const [board] = rig.boards;
  const colors: string[] = [];
  board.on("change", () => {
    const [red, green, blue] = board.statusLight;
    const color = red > 0 ? "orange" : green > 0 ? "green" : blue > 0 ? "blue" : "dark";
    if (color !== colors.at(-1)) colors.push(color);
  });
  const shows = (color: string): Promise<unknown> =>
    eventually(() => colors.at(-1) === color, { within: 10_000, what: `${color}, after ${colors.join(", ")}` });

  board.setLight(600);
  await shows("green");
  colors.splice(0, colors.length - 1);
  board.network.cut({ how: "reset" });
  await shows("blue");
  board.network.heal();
  await shows("green");
  // orange may appear twice, because a second connection attempt may be necessary
  expect(colors.join(" ")).toMatch(/^green orange blue (orange )?green$/);
  await board.stop();
  await shows("dark");
});
