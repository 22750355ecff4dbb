import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import net from "node:net";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { deployOnly, flash, type Computer } from "../../scripts/flash/flow.js";
import { client, server } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { PATH, TestBoard } from "./support/board.js";
import { failure } from "./support/failure.js";
import { noPort, project, RUNTIME, settingsFor, surroundings } from "./support/project.js";

const NOWHERE = settingsFor("mqtt://127.0.0.1:9");

const noBoard = async (plays: Record<string, string> = {}, changes: Partial<Computer> = {}) =>
  surroundings(await project(NOWHERE), noPort(PATH), plays, changes);

/** A broker that answers every CONNECT by CONNACK with this return code. */
async function refusingBroker(code: number): Promise<string> {
  const listener = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Uint8Array.of(0x20, 2, 0, code)));
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void listener.close());
  return `mqtt://127.0.0.1:${(listener.address() as net.AddressInfo).port}`;
}

describe("one command makes a nightlight of a bare board", () => {
  test("runtime, program and settings arrive, and it ends when the board is connected to the broker", async () => {
    const { brokerUrl } = await server();
    const observer = await client(brokerUrl, {}, "nightlight/#");
    const board = await TestBoard.start();
    const around = await surroundings(await project(settingsFor(brokerUrl)), board.ports);

    await flash({ yes: true }, around);

    expect(around.lines.at(-1)).toMatch(/^The board is connected to broker\.test:\d+: the nightlight works\.$/);
    expect(around.lines).toContain("  written 100 %");
    expect(around.lines).toContain("  sent 100 %");
    expect(board.networks).toEqual([["attic", "12345678"]]);
    const isStatus = ({ topic }: { topic: string }) => /^nightlight\/\w{6}\/status$/.test(topic);
    await eventually(() => observer.got.some(isStatus), { what: "the board's status" });
    const [asked, written] = await around.calls();
    expect(asked).toEqual(["--port", PATH, "--after", "no_reset", "chip_id"]);
    expect(written.slice(0, 6)).toEqual(["--port", PATH, "--baud", "460800", "write_flash", "0x0"]);
    const image = await readFile(written[6]);
    expect(image.length).toBe(RUNTIME.length);
    // where the runtime looks for the board's pins and name
    expect(image.subarray(0x9000).toString("latin1")).toContain("Nightlight on Seeed Studio XIAO ESP32C3");
  });

  test("a board that only a person can reset is waited for", async () => {
    const { brokerUrl } = await server();
    const board = await TestBoard.start();
    board.refuses = 3;
    const plays = { STANDIN_PLAYS: "by hand" };
    const around = await surroundings(await project(settingsFor(brokerUrl)), board.ports, plays);
    await flash({ yes: true, baud: 115_200 }, around);
    expect(around.lines.join("\n")).toContain("Now press RESET on the board");
    expect((await around.calls())[1]).toContain("115200");
    expect(around.lines.at(-1)).toContain("the nightlight works");
  });
});

describe("program and settings alone", () => {
  test("a board that resets itself when it gets other pins is followed on", async () => {
    const { brokerUrl } = await server();
    const board = await TestBoard.start();
    const unplugged = (line: string) => void (line.startsWith("Started.") && board.unplug());
    const screen = { say: unplugged, progress: () => {} };
    const around = await surroundings(await project(settingsFor(brokerUrl)), board.ports, {}, { screen });
    await deployOnly({}, around);
    expect(board.log.some((line) => line.includes("connected to broker.test"))).toBe(true);
    expect(await around.calls()).toEqual([]);
  });

  test("the settings of today replace those of before, and what is gone from the file is gone from the board", async () => {
    const { brokerUrl } = await server();
    const board = await TestBoard.start();
    const root = await project(`${settingsFor(brokerUrl)}NL_ID=nightlight/first\n`);
    const around = await surroundings(root, board.ports);
    await deployOnly({}, around);
    await writeFile(path.join(root, ".env.local"), settingsFor(brokerUrl));
    await deployOnly({}, around);
    const said = board.log.filter((line) => line.includes("at mqtt://broker.test"));
    expect(said[0]).toContain("nightlight/first");
    expect(said.at(-1)).not.toContain("nightlight/first");
  });

  test("a connection from before the deploy, which is still in the board's log, does not count", async () => {
    const board = await TestBoard.start();
    board.print("* start: nightlight 0.0.9");
    board.print("> connected to broker.test:9 after 700 ms");
    const around = await surroundings(await project(NOWHERE), board.ports, {}, { follow: 1000 });
    expect((await failure(deployOnly({}, around))).step).toBe("the broker");
  });
});

describe("what fails names its step and what to do", () => {
  test("another chip: nothing is written, and the boards that have it are named", async () => {
    const around = await noBoard({ STANDIN_CHIP: "ESP32-S3" });
    const error = await failure(flash({ yes: true }, around));
    expect(error.message).toContain("has an ESP32-S3; Seeed Studio XIAO ESP32C3 has an ESP32-C3. Nothing was written.");
    expect(error.remedy).toContain("--board esp32s3_devkitm");
    expect((await around.calls()).flat()).not.toContain("write_flash");
  });

  test("no download, and no copy of it: nothing is written", async () => {
    const around = await noBoard();
    await rm(path.join(around.root, ".devicescript"), { recursive: true });
    const error = await failure(flash({ yes: true }, around));
    expect(error.step).toBe("the download");
    expect(error.problem).toContain("ENOTFOUND github.com");
    expect(error.remedy).toContain("https://github.com/microsoft/devicescript-esp32/releases");
    expect((await around.calls()).flat()).not.toContain("write_flash");
  });

  test("no download, but a copy of last month: it is used, and that is said", async () => {
    const around = await noBoard({ STANDIN_PLAYS: "small" });
    const copy = path.join(around.root, ".devicescript/cache/devicescript-esp32c3-esp32c3_bare-0x0.bin");
    const then = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    await utimes(copy, then, then);
    expect((await failure(flash({ yes: true }, around))).step).toBe("flashing");
    expect(around.lines.join("\n")).toContain("the copy from an earlier day is used");
  });

  test("a port that cannot be opened", async () => {
    const error = await failure(deployOnly({}, await noBoard()));
    expect(error.message).toContain(`${PATH} cannot be opened`);
  });

  test("a board without DeviceScript's runtime, which does not answer", async () => {
    const board = await TestBoard.start();
    board.loses = () => true;
    const around = await surroundings(await project(NOWHERE), board.ports, {}, { answer: 1500 });
    const error = await failure(deployOnly({}, around));
    expect(error.problem).toContain("does not answer");
    expect(error.remedy).toContain("npm run flash");
  });

  test("a runtime that is older than the program", async () => {
    const board = await TestBoard.start();
    const around = await surroundings(await project(NOWHERE), board.ports);
    const firmware = await around.firmware("main");
    const bytecode = Uint8Array.from(firmware.bytecode);
    bytecode[10] += 1;
    const newer = { ...around, firmware: () => Promise.resolve({ ...firmware, bytecode }) };
    const error = await failure(deployOnly({}, newer));
    expect(error.problem).toMatch(/runtime, 2\.\d+, does not run programs for 2\.\d+/);
    expect(error.remedy).toContain("npm run flash");
  });

  test("a board that goes deaf while it is deployed to", async () => {
    const board = await TestBoard.start();
    const around = await surroundings(await project(NOWHERE), board.ports);
    let frames = 0;
    board.loses = (frame) => frame.length > 100 && ++frames > 5;
    const error = await failure(deployOnly({}, around));
    expect(error.message).toContain("the deploy: The board did not take the program");
    expect(error.remedy).toContain("without a USB hub");
  });

  test("a broker that is not there", async () => {
    const board = await TestBoard.start();
    const around = await surroundings(await project(NOWHERE), board.ports, {}, { follow: 1500 });
    const error = await failure(deployOnly({}, around));
    expect(error.problem).toContain("Nothing accepts connections at broker.test:9");
    expect(error.remedy).toContain("firewall");
  });

  test("a broker that knows this user by another password: it says so at once, and prints no secret", async () => {
    const board = await TestBoard.start();
    const env = `${settingsFor(await refusingBroker(4))}MQTT_USER=house\nMQTT_PWD=swordfish\n`;
    const around = await surroundings(await project(env), board.ports);
    const error = await failure(deployOnly({}, around));
    expect(error.problem).toContain("user name or password is wrong");
    expect([error.message, ...around.lines].join("\n")).not.toMatch(/swordfish|12345678/);
  });

  test("nobody to ask, and somebody who says no: the board is not touched", async () => {
    const nobody = await noBoard();
    expect((await failure(flash({}, nobody))).remedy).toBe("Give --yes.");
    const no = await noBoard({}, { ask: () => Promise.resolve(false) });
    expect((await failure(flash({}, no))).problem).toContain("nothing was done");
    expect([await nobody.calls(), await no.calls()]).toEqual([[], []]);
  });
});
