/** Updates of the firmware over the air: real images in the real virtual machine, with a small update server. */
import { afterEach, describe, expect, it } from "vitest";
import { completeImage } from "../../scripts/build/image.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { readFirmwareSources } from "../boards/support/sources.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { revertClass } from "../support/firmware-image.js";
import { startUpdateRig, type UpdateRig } from "./support/updates.js";

/** Largest allowed time from the action until the board is back, in s, on an idle machine. */
const UPDATE_TIME = 10;
/** Speed of the clock of boards that must wait for deadlines. */
const FAST = 8;

let rig: UpdateRig;
afterEach(() => rig?.close());

describe("an update over the air", () => {
  it("is complete within 10 s, there and back, loses no reading, and keeps the lamp on", async () => {
    rig = await startUpdateRig();
    const { board, updates, images } = rig;
    await eventually(() => board.lamp, { what: "the lamp to be on in the dark" });
    const lampChanges: boolean[] = [];
    board.on("lamp", (on) => lampChanges.push(on));
    for (const target of [images[1], images[0]]) {
      updates.image = target.bytes;
      const begin = performance.now();
      expect(await rig.act("update")).toMatchObject({ ok: true });
      await rig.waitForVersion(target.version, UPDATE_TIME * 1000);
      console.log(`on MQTT with ${target.version} after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
      await eventually(() => rig.updates.events.at(-1) === "written", { what: "the end of the update" });
    }
    expect(lampChanges).toEqual([]);
    const before = rig.rig.seen.length;
    await eventually(() => rig.rig.seen.slice(before).filter((m) => m.topic.endsWith("/telemetry")).length > 5);
    expect(rig.missingReadings()).toEqual([]);
    expect(updates.events).toEqual(["connected", "writing", "written", "connected", "writing", "written"]);
    expect(board.crashes).toBe(0);
  });

  it("is announced on status after the reply, and the connection ends without the will", async () => {
    rig = await startUpdateRig();
    rig.updates.image = rig.images[1].bytes;
    await rig.act("update");
    await rig.waitForVersion(rig.images[1].version);
    const messages = rig.rig.seen.filter(({ topic }) => /replies|status/.test(topic)).map(({ text }) => text);
    const reply = messages.findIndex((text) => text === '{"seq":1,"ok":true}');
    const updating = messages.findIndex((text) => text.includes('"updating":true'));
    expect(reply).toBeGreaterThan(0);
    expect(updating).toBeGreaterThan(0);
    expect(messages[updating]).toContain('"online":false');
    expect(messages).not.toContain('{"online":false}');
  });

  it("is refused with a reason by a board without UPDATE_URL, and by a program of the compiler alone", async () => {
    rig = await startUpdateRig({ settings: { UPDATE_URL: undefined } });
    expect(await rig.act("update")).toMatchObject({ ok: false, error: expect.stringContaining("UPDATE_URL") });
    expect(rig.version()).toBe(rig.images[0].version);
    await rig.close();
    rig = await startUpdateRig({ bytecode: revertClass(rig.images[0].bytes) });
    expect(await rig.act("update")).toMatchObject({ ok: false, error: expect.stringContaining("npm run build") });
  });

  it("that does not come leaves the board as it was: wrong key, no server, a server with nothing to write", async () => {
    rig = await startUpdateRig({ speed: FAST });
    const { updates, images } = rig;
    const returns = async () => {
      const connects = () => rig.log.filter((line) => line.startsWith("connected to 127.0.0.1:")).length;
      const before = connects();
      expect(await rig.act("update")).toMatchObject({ ok: true });
      await eventually(() => connects() > before, { within: 20_000, what: "the board to be back" });
      await rig.waitForVersion(images[0].version);
    };
    await returns();
    expect(updates.events).toEqual(["connected"]);
    updates.key.fill(7);
    await returns();
    expect(updates.events).toContain("wrong key");
    await updates.close();
    await returns();
    expect(rig.missingReadings()).toEqual([]);
  });

  it("is taken up again after the server vanished in the middle, and after a truncated or foreign image", async () => {
    rig = await startUpdateRig({ speed: FAST });
    const { updates, images, board } = rig;
    const stages: string[] = [];
    board.on("update", (stage) => stages.push(stage));
    updates.image = images[1].bytes;
    updates.vanishAfter = 20_000;
    await rig.act("update");
    await rig.waitForVersion(images[1].version, 20_000);
    expect(stages).toEqual(["receiving", "receiving", "received"]);

    // The runtime stores whatever it gets, finds that it cannot run it, and keeps its connection.
    for (const bad of [images[0].bytes.subarray(0, 20_480), Buffer.alloc(4096, 0x5a)]) {
      const isWritten = () => updates.events.at(-1) === "written";
      await eventually(isWritten, { what: "the end of the previous update" });
      const before = updates.events.length;
      updates.image = bad;
      await rig.act("update");
      await eventually(() => updates.events.length > before && isWritten(), { what: "the bad image to be written" });
      updates.image = images[0].bytes;
      updates.reconnect();
      await rig.waitForVersion(images[0].version, 20_000);
    }
    expect(rig.missingReadings()).toEqual([]);
  });

  it("replaces a program that crashes at once, whether it took the socket back before or not", async () => {
    rig = await startUpdateRig({ speed: FAST });
    const { updates, images } = rig;
    await eventually(() => rig.board.lamp, { what: "the lamp to be on in the dark" });
    const sources = readFirmwareSources(ROOT, "main");
    const late = "await updater.begin()\n";
    expect(sources["src/nightlight.ts"]).toContain(late);
    sources["src/nightlight.ts"] = sources["src/nightlight.ts"].replace(late, `${late}throw new Error("crashes")\n`);
    const crashing = [
      await compile('throw new Error("crashes")\n'),
      completeImage(await compile(sources), "1.0.0").bytes,
    ];
    for (const image of crashing) {
      const crashes = rig.board.crashes;
      updates.image = image;
      await rig.act("update");
      await eventually(() => rig.board.crashes > crashes, { what: "the new program to crash" });
      const { length } = rig.rig.seen;
      updates.image = images[0].bytes;
      updates.reconnect();
      await rig.waitForVersion(images[0].version, 30_000);
      const returned = rig.rig.seen.slice(length).find(({ text }) => text.includes('"online":true'))!;
      expect(JSON.parse(returned.text)).toMatchObject({ led_on: true });
    }
  });
});
