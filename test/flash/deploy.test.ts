/** Tests deploys on busy computers and over bad cables, and an error that a simulated board does not cause. */
import { expect, onTestFinished, test } from "vitest";
import { deployToBoard, type Deployment } from "../../flashing/deploy.js";
import { readRegister } from "../../flashing/exchange.js";
import { jacdac } from "../../flashing/jacdac.js";
import { BoardLink } from "../../flashing/serial/link.js";
import { scanNetworks } from "../../flashing/wifi-scan.js";
import { loadFirmware } from "../../sim/firmware.js";
import { PORT_PATH, TestBoard } from "./support/board.js";
import { failureOf } from "./support/failure.js";

async function connect() {
  const board = await TestBoard.start();
  const link = await BoardLink.open({ path: PORT_PATH, open: board.ports.open(PORT_PATH) });
  onTestFinished(() => link.close());
  return { board, link };
}

test("a deploy to a board that does not implement the query for its version says so", async () => {
  // jacdac-ts resolves to false for a register that the board does not implement, and then has no data.
  const manager = { register: () => ({ refresh: () => Promise.resolve(false), data: undefined }) };
  const link = { on() {}, off() {}, waitForServices: () => Promise.resolve({ manager }) } as unknown as BoardLink;
  const deployment = { bytecode: new Uint8Array(32), settings: {} };
  await expect(deployToBoard(link, deployment, { services: 1000 }, () => {})).rejects.toThrow(
    "The board did not accept the query for its version: its runtime does not implement this register.",
  );
});

test("a scan and a deploy succeed on a computer that is busy for 0.7 s again and again", async () => {
  const { board, link } = await connect();
  const { wifi } = await link.waitForServices(10_000);
  let [frames, busyUntil] = [0, 0];
  board.isFrameLost = () => {
    if (frames++ % 90 === 0) busyUntil = performance.now() + 700;
    return performance.now() < busyUntil;
  };
  expect((await scanNetworks(wifi!)).map(({ name }) => name)).toEqual(["attic", "cafe"]);
  const { bytecode } = loadFirmware("main");
  await deployToBoard(link, { bytecode, settings: { WIFI_SSID: "attic" } }, { services: 10_000 }, () => {});
  expect(frames).toBeGreaterThan(180);
  expect(board.networks).toEqual([["attic", ""]]);
});

test("a deploy fails at once when the board leaves the port", async () => {
  const { board, link } = await connect();
  const { bytecode } = loadFirmware("main");
  const unplug = (percent: number) => void (percent > 20 && board.unplug());
  const error = await failureOf(deployToBoard(link, { bytecode, settings: {} }, { services: 10_000 }, unplug));
  expect(error.problem).toContain("disappeared: the cable came loose");
  expect(error.kind).toBe("replug");
});

test.each([
  ["a setting is too long", { UPDATE_URL: "x".repeat(300) }, true, "The setting UPDATE_URL has 302 bytes"],
  ["the board has no Wi-Fi", { WIFI_SSID: "attic" }, false, "The board has no Wi-Fi service"],
])("a deploy leaves the old program running when %s", async (_, settings, hasWifi, problem) => {
  const { link } = await connect();
  const services = await link.waitForServices(10_000);
  const deploy = (deployment: Deployment, isOnWifi = true) => {
    const found = { ...services, wifi: isOnWifi ? services.wifi : undefined };
    const limited = { on() {}, off() {}, waitForServices: () => Promise.resolve(found) } as unknown as BoardLink;
    return deployToBoard(limited, deployment, { services: 10_000 }, () => {});
  };
  const readState = () => {
    const { Autostart, ProgramSha256 } = jacdac.DeviceScriptManagerReg;
    const read = (register: number) => readRegister(services.manager.register(register));
    return Promise.all([read(Autostart), read(ProgramSha256)]);
  };
  const { bytecode } = loadFirmware("main");
  await deploy({ bytecode, settings: {} });
  const before = await readState();
  expect([...before[0]]).toEqual([1]);
  const changed = bytecode.slice();
  changed[changed.length - 1] ^= 1;
  await expect(deploy({ bytecode: changed, settings }, hasWifi)).rejects.toThrow(problem);
  expect(await readState()).toEqual(before);
});
