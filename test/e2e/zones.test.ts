import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, type ZonePolicy } from "../../server/src/decisions/policy.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

const NAMES = ["north", "east", "south", "gate"];
const ID = (name: string): string => `nightlight/${name}`;
const STAND: ZonePolicy = {
  name: "stand",
  sensors: ["north", "east", "south"].map(ID),
  lamps: ["north", "east", "gate"].map(ID),
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
      ids: NAMES.map(ID),
      server: { policy: { ...LESSON_POLICY, zones: [STAND], reporting: { alone_after: 1000 } } },
    });
  });
  afterAll(() => rig?.close());

  const board = (name: string): Rig["boards"][number] => rig.boards[NAMES.indexOf(name)];
  const lights = (light: Record<string, number>): void => {
    for (const [name, level] of Object.entries(light)) board(name).setLight(level);
  };
  const lamps = (wanted: Record<string, boolean>, within = 3000): Promise<unknown> =>
    eventually(() => Object.entries(wanted).every(([name, on]) => board(name).lamp === on), {
      within,
      what: `the lamps to be ${JSON.stringify(wanted)}`,
    });

  test("switch together when most of the zone's sensors are dark", async () => {
    lights({ north: 900, east: 900, south: 900, gate: 50 });
    await lamps({ north: false, east: false, gate: false, south: false });
    lights({ north: 100, south: 100 });
    await lamps({ north: true, east: true, gate: true, south: true });
    expect(rig.server.zones.get("stand")).toMatchObject({ light: 100, led_on: true });
  });

  test("are not lit by one covered sensor", async () => {
    lights({ north: 900, east: 900, south: 900 });
    await lamps({ north: false, east: false, gate: false, south: false });
    const switched: string[] = [];
    for (const name of NAMES) board(name).on("lamp", () => switched.push(name));
    lights({ north: 0 });
    await eventually(() => rig.server.devices.get(ID("north"))!.light === 0, { what: "the covered sensor's reading" });
    lights({ east: 850 });
    await eventually(() => rig.server.devices.get(ID("east"))!.light === 850, { what: "a reading after it" });
    expect(rig.server.zones.get("stand")!.reason).toBe("median 850 of 3 sensors ≥ 300");
    expect(switched).toEqual([]);
  });

  test("decide by their own light while they are offline, and follow the zone again after the reconnect", async () => {
    lights({ north: 900, east: 900, south: 900, gate: 900 });
    await lamps({ north: false, east: false, gate: false });
    board("gate").network.cut({ how: "reset" });
    lights({ gate: 20 });
    await lamps({ gate: true, north: false }, 10_000);
    board("gate").network.heal();
    await lamps({ gate: false }, 10_000);
    await eventually(() => rig.server.devices.get(ID("gate"))!.decided_by === "server", {
      what: "the server to decide",
    });
    expect(board("gate").light).toBe(20);
  });

  test("follow a user's override of the zone and of a single lamp", async () => {
    await rig.server.zones.setMode("stand", "on", 60_000);
    await lamps({ north: true, east: true, gate: true });
    rig.server.devices.setMode(ID("east"), "off");
    await lamps({ north: true, east: false, gate: true });
    rig.server.devices.setMode(ID("east"), "auto");
    await lamps({ east: true });
    await rig.server.zones.setMode("stand", "auto");
    await lamps({ north: false, east: false, gate: false });
  });
});
