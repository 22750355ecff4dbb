/**
 * Tests the firmware on an ESP32-S2, whose heap is 40 KB (JD_GC_KB in DeviceScript's ESP32 port) instead of 64 KB. The
 * simulator also has 64 KB, so the test allocates the difference as ballast.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { brokerSettingsOf, SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { startRig, type Rig } from "../support/rig.js";
import { readFirmwareSources } from "./support/sources.js";

const ID = "nightlight/small";
/** Bytes that reduce the simulator's heap to the size on an ESP32-S2. */
const BALLAST_BYTES = 24 * 1024;

describe("the firmware with the 40 KB heap of an ESP32-S2", () => {
  let rig: Rig;
  let board: SimulatedBoard;
  const log: string[] = [];

  beforeAll(async () => {
    rig = await startRig({ broker: "embedded", ids: [] });
    const ballast = `const ballast = Buffer.alloc(${BALLAST_BYTES})\nconsole.log("ballast of " + ballast.length)\n`;
    const bytecode = await compile(
      readFirmwareSources(ROOT, "main_feather_esp32s2", (main) => main.replace("await run", `${ballast}await run`)),
    );
    board = new SimulatedBoard({ id: ID, bytecode, settings: { ...brokerSettingsOf(rig.url), NL_ID: ID } });
    board.on("log", (_level, text) => log.push(text));
    await board.start();
  });
  afterAll(async () => {
    await board?.stop();
    await rig?.close();
  });

  async function expectLampFollows(): Promise<void> {
    for (const light of [100, 900, 299, 300]) {
      board.setLight(light);
      await eventually(() => board.lamp === light < 300, { within: 10_000, what: `the lamp at light ${light}` });
    }
  }

  it("follows the light", async () => {
    await expectLampFollows();
    expect(log.join("\n")).toContain(`ballast of ${BALLAST_BYTES}`);
  });

  it("obeys twenty simultaneous commands", async () => {
    let switches = 0;
    const countSwitch = () => switches++;
    board.on("lamp", countSwitch);
    const publishCommand = (i: number) =>
      rig.observer.publishAsync(`${ID}/commands`, JSON.stringify({ led_on: i % 2 === 0 }), { qos: 1 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => publishCommand(i)));
    await eventually(() => switches >= 20, { within: 15_000, what: "twenty switches" });
    board.off("lamp", countSwitch);
  });

  it("decides by itself while offline, and reconnects without a restart", async () => {
    await rig.observer.publishAsync(`${ID}/config`, '{"alone_after":1000,"offline":"keep"}', { qos: 1, retain: true });
    await expectLampFollows();
    board.network.cut();
    await expectLampFollows();
    await eventually(() => rig.server.devices.get(ID)?.online === false, {
      within: 30_000,
      what: "the board to be gone",
    });
    board.network.heal();
    await eventually(() => rig.server.devices.get(ID)?.online, { within: 30_000, what: "the board to be back" });
    await expectLampFollows();
    expect(board.crashes).toBe(0);
  });
});
