import { startServer, type NightlightServer } from "nightlight-server";
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBoards } from "../../scripts/board/board.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { brokerSettingsOf, loadFirmware, Simulator } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";

/** Largest allowed size of a program, in bytes. DeviceScript allows 64 KB; the rest is left for users' additions. */
const MAX_IMAGE_SIZE = 40 * 1024;

/** Largest allowed heap use of the firmware, in bytes. A program has 64 KB of heap. */
const MAX_HEAP = 26 * 1024;

const firmwarePage = readFileSync(path.join(ROOT, "docs/internals/firmware.md"), "utf8");

const boards = await loadBoards(ROOT);
const idOf = (entry: string) => `nightlight/${entry}`;

describe("the firmware of every board", () => {
  let data: string;
  let server: NightlightServer;
  let simulator: Simulator;

  beforeAll(async () => {
    data = await mkdtemp(path.join(tmpdir(), "nightlight-"));
    server = await startServer({ data, mqttPort: 0, httpPort: 0, log: "silent" });
    simulator = new Simulator({ settings: brokerSettingsOf(server.brokerUrl) });
    // starts all boards in parallel, because a starting board mostly waits
    await Promise.all(boards.map(({ entry }) => simulator.add({ id: idOf(entry!), ...loadFirmware(entry) }).start()));
  });
  afterAll(async () => {
    await simulator?.close();
    await server?.close();
    await rm(data, { recursive: true, force: true });
  });

  it("exists for at least the six boards of the hardware guide", () => {
    const entries = boards.map(({ entry }) => entry);
    expect(entries).not.toContain(undefined);
    expect(new Set(entries).size).toBe(entries.length);
    expect(boards.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "nightlight_xiao_esp32c3",
        "nightlight_esp32c3_supermini",
        "nightlight_qt_py_esp32c3",
        "nightlight_feather_esp32s2",
        "nightlight_esp32s3_devkitm",
        "nightlight_esp32_devkitc",
      ]),
    );
  });

  describe.each(boards.map(({ title, name, entry }) => ({ title, name, entry: entry! })))(
    "$title",
    ({ name, entry }) => {
      it(`has an image of at most ${MAX_IMAGE_SIZE} bytes`, () => {
        const { size } = statSync(path.join(ROOT, ".devicescript/bin", entry, "program.devs"));
        expect(size).toBeLessThanOrEqual(MAX_IMAGE_SIZE);
        // the table in docs/internals/firmware.md shows the size of the program in KB, rounded up
        expect(firmwarePage).toContain(`| \`${name}\` | ${Math.ceil(size / 1024)} KB |`);
      });

      it("runs in the virtual machine, where its lamp follows the light by the server's decisions", async () => {
        const id = idOf(entry);
        const board = simulator.boards.get(id)!;
        await eventually(() => server.devices.get(id)?.online, { within: 15_000, what: `${name} to be online` });
        for (const light of [100, 900, 299, 300]) {
          board.setLight(light);
          await eventually(() => board.lamp === light < 300, { within: 5000, what: `the lamp at light ${light}` });
        }
        await eventually(() => server.devices.get(id)?.led_on === false, { what: "the server to know the lamp" });
        expect(server.devices.get(id)).toMatchObject({ board: name, decided_by: "server", online: true });
        expect(board.crashes).toBe(0);
      });

      it(`needs at most ${MAX_HEAP} bytes of memory`, async () => {
        const board = simulator.boards.get(idOf(entry))!;
        // polls until the next garbage collection, a few seconds later, because the used heap includes garbage
        await eventually(async () => (await board.readHeap())!.used <= MAX_HEAP, { within: 25_000, every: 50, what: "a garbage collection" }); // prettier-ignore
      });
    },
  );
});
