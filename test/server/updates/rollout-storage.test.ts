/** Tests when a rollout is stored and shown, with updates that the test completes. */
import { expect, test } from "vitest";
import type { Device, Devices } from "../../../server/src/devices/devices.js";
import { silentLog } from "../../../server/src/observability/log.js";
import type { BoardUpdate } from "../../../server/src/updates/board-update.js";
import { Rollouts } from "../../../server/src/updates/rollout.js";
import type { StoredRollout } from "../../../server/src/updates/stored-rollout.js";
import type { Updates } from "../../../server/src/updates/updates.js";
import { eventually } from "../../support/eventually.js";

/** Creates a rollout of boards that count as online. */
function createRollouts(boardCount: number) {
  const ids = Array.from({ length: boardCount }, (_, n) => `nightlight/${n}`);
  const devices = new Map(ids.map((id) => [id, { id, online: true } as Device]));
  const running = new Map<string, { device: Device; image: object; state: string; isActive: boolean }>();
  let listener: (update: BoardUpdate) => void = () => {};
  const stored: StoredRollout[] = [];
  let views = 0;
  const rollouts = new Rollouts({
    devices: { get: (id: string) => devices.get(id), [Symbol.iterator]: () => devices.values() } as unknown as Devices,
    updates: {
      images: { availableFor: () => ({ version: "2" }) },
      onChange: (added: typeof listener) => (listener = added),
      refreshImages: () => Promise.resolve(),
      updateOf: (id: string) => running.get(id),
      versionToKeep: () => "1",
      request(device: Device) {
        const update = { device, image: { version: "2" }, state: "waiting", isActive: true, limitWaiting() {} };
        running.set(device.id, update);
        return Promise.resolve(update);
      },
    } as unknown as Updates,
    store: { protect() {} },
    values: {
      entriesWithPrefix: () => new Map(),
      put: async (_name, value) => void stored.push(structuredClone(value as StoredRollout)),
      delete: async () => {},
    },
    log: silentLog,
    changed: () => void views++,
  });
  return {
    rollouts,
    stored,
    countViews: () => views,
    countStored: () => stored.at(-1)?.boards.filter(({ outcome }) => outcome === "done").length,
    listActive: () => [...running.values()].filter(({ isActive }) => isActive),
    /** Completes the updates of some boards. */
    complete(updates: Iterable<{ state: string; isActive: boolean }>) {
      for (const update of updates) {
        Object.assign(update, { state: "done", isActive: false });
        listener(update as unknown as BoardUpdate);
      }
    },
    /** Gives up the update of a board. */
    cancel(update: { device: Device }) {
      running.delete(update.device.id);
      listener(update as unknown as BoardUpdate);
    },
  };
}

test("the outcomes of boards are stored and shown together, and the end of the rollout at once", async () => {
  const { rollouts, stored, countViews, countStored, listActive, complete } = createRollouts(20);
  await rollouts.start();
  await eventually(() => listActive().length === 1, { what: "the first board" });
  complete(listActive());
  await eventually(() => listActive().length === 2, { what: "the second wave" });
  const before = stored.length;
  complete(listActive().slice(0, 1));
  expect(rollouts.view?.done).toBe(2);
  expect(stored).toHaveLength(before);
  await eventually(() => countStored() === 2, { what: "the outcome" });
  expect(countViews()).toBe(stored.length);
  while (rollouts.view?.state === "running") {
    complete(listActive());
    await eventually(() => rollouts.view?.state === "finished" || listActive().length > 0, { what: "further boards" });
  }
  expect(stored.at(-1)?.state).toBe("finished");
  // each step of the third wave, and not each board, is stored
  expect(stored.length).toBeLessThan(16);
  rollouts.close();
});

test("a server that closes stores the outcomes so far, and also those that follow", async () => {
  const { rollouts, countStored, listActive, complete } = createRollouts(20);
  await rollouts.start();
  await eventually(() => listActive().length === 1, { what: "the first board" });
  complete(listActive());
  await eventually(() => listActive().length === 2, { what: "the second wave" });
  const [first, second] = listActive();
  complete([first]);
  rollouts.close();
  expect(countStored()).toBe(2);
  complete([second]);
  expect(countStored()).toBe(3);
});

test("a board that is given up is stored at once, so that it does not begin again after a kill", async () => {
  const { rollouts, stored, listActive, complete, cancel } = createRollouts(20);
  await rollouts.start();
  await eventually(() => listActive().length === 1, { what: "the first board" });
  complete(listActive());
  await eventually(() => listActive().length === 2, { what: "the second wave" });
  const [{ device }] = listActive();
  const before = stored.length;
  cancel({ device });
  expect(stored).toHaveLength(before + 1);
  expect(stored.at(-1)?.boards.find(({ id }) => id === device.id)?.outcome).toBe("failed");
  rollouts.close();
});
