import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, type ZonePolicy } from "../../server/src/decisions/policy.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

const BOARD_NAMES = ["north", "east", "south", "gate"];
const idOf = (name: string): string => `nightlight/${name}`;
const STAND_ZONE: ZonePolicy = {
  name: "stand",
  sensors: ["north", "east", "south"].map(idOf),
  lamps: ["north", "east", "gate"].map(idOf),
  combine: "median",
  at_least: 1,
  rule: LESSON_RULE,
  stale_after: 90_000,
};

describe("boards in a zone, in DeviceScript's virtual machine", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      broker: "embedded",
      ids: BOARD_NAMES.map(idOf),
      server: { policy: { ...LESSON_POLICY, zones: [STAND_ZONE], reporting: { alone_after: 1000 } } },
    });
  });
  afterAll(() => rig?.close());

  const findBoard = (name: string): Rig["boards"][number] => rig.boards[BOARD_NAMES.indexOf(name)];
  const setLights = (light: Record<string, number>): void => {
    for (const [name, level] of Object.entries(light)) findBoard(name).setLight(level);
  };
  const waitForLamps = (wanted: Record<string, boolean>, within = 3000): Promise<unknown> =>
    eventually(() => Object.entries(wanted).every(([name, on]) => findBoard(name).lamp === on), {
      within,
      what: `the lamps to be ${JSON.stringify(wanted)}`,
    });

  test("switch together when most of the zone's sensors are dark", async () => {
    setLights({ north: 900, east: 900, south: 900, gate: 50 });
    await waitForLamps({ north: false, east: false, gate: false, south: false });
    setLights({ north: 100, south: 100 });
    await waitForLamps({ north: true, east: true, gate: true, south: true });
    expect(rig.server.zones.get("stand")).toMatchObject({ light: 100, led_on: true });
  });

  test("are not lit by one covered sensor", async () => {
    setLights({ north: 900, east: 900, south: 900 });
    await waitForLamps({ north: false, east: false, gate: false, south: false });
    const switched: string[] = [];
    for (const name of BOARD_NAMES) findBoard(name).on("lamp", () => switched.push(name));
    setLights({ north: 0 });
    await eventually(() => rig.server.devices.get(idOf("north"))!.light === 0, {
      what: "the covered sensor's reading",
    });
    setLights({ east: 850 });
    await eventually(() => rig.server.devices.get(idOf("east"))!.light === 850, { what: "a reading after it" });
    expect(rig.server.zones.get("stand")!.reason).toBe("median 850 of 3 sensors ≥ 300");
    expect(switched).toEqual([]);
  });

  test("decide by their own light while they are offline, and follow the zone again after the reconnect", async () => {
    setLights({ north: 900, east: 900, south: 900, gate: 900 });
    await waitForLamps({ north: false, east: false, gate: false });
    findBoard("gate").network.cut({ how: "reset" });
    setLights({ gate: 20 });
    await waitForLamps({ gate: true, north: false }, 10_000);
    findBoard("gate").network.heal();
    await waitForLamps({ gate: false }, 10_000);
    await eventually(() => rig.server.devices.get(idOf("gate"))!.decided_by === "server", {
      what: "the server to decide",
    });
    expect(findBoard("gate").light).toBe(20);
  });

  test("follow a user's override of the zone and of a single lamp", async () => {
    await rig.server.zones.setMode("stand", "on", 60_000);
    await waitForLamps({ north: true, east: true, gate: true });
    rig.server.devices.setMode(idOf("east"), "off");
    await waitForLamps({ north: true, east: false, gate: true });
    rig.server.devices.setMode(idOf("east"), "auto");
    await waitForLamps({ east: true });
    await rig.server.zones.setMode("stand", "auto");
    await waitForLamps({ north: false, east: false, gate: false });
  });
});
