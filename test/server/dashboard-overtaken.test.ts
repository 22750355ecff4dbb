/** Tests that the page keeps the newest state of a board when events overtake the answer to an override. */
import { afterEach, expect, test, vi } from "vitest";
import type { Device } from "../../server/dashboard/api.js";
import { Boards } from "../../server/dashboard/boards.js";

const PORCH = "nightlight/porch";

const createDevice = (mode: Device["mode"]): Device =>
  ({ id: PORCH, mode, until: null, since: null, last_seen: null, led_on: mode === "on", light: 200 }) as Device;

afterEach(() => void vi.unstubAllGlobals());

/** Creates a store with the board in mode `auto`, and begins to switch its lamp on. */
function beginOverride() {
  const boards = new Boards();
  boards.updateDevice(createDevice("auto"));
  let answer = (_device: Device): void => {};
  vi.stubGlobal(
    "fetch",
    () => new Promise((resolve) => (answer = (device) => resolve(new Response(JSON.stringify(device))))),
  );
  const overriding = boards.override(PORCH, "on");
  return { boards, answer: (device: Device) => (answer(device), overriding) };
}

test("the answer is used if no event has overtaken it", async () => {
  const { boards, answer } = beginOverride();
  boards.updateDevice({ ...createDevice("auto"), light: 210 });
  await answer(createDevice("on"));
  expect(boards.get(PORCH)?.device?.mode).toBe("on");
});

test("the answer does not replace a further override, by somebody else or because it has ended", async () => {
  const { boards, answer } = beginOverride();
  boards.updateDevice(createDevice("on"));
  boards.updateDevice(createDevice("off"));
  await answer(createDevice("on"));
  expect(boards.get(PORCH)?.device?.mode).toBe("off");
});

test("the answer does not bring back a board that was deleted", async () => {
  const { boards, answer } = beginOverride();
  boards.remove(PORCH);
  await answer(createDevice("on"));
  expect(boards.get(PORCH)).toBeUndefined();
});
