import { rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { deployOnly, flashBoard, type Computer } from "../../scripts/flash/flow.js";
import { connectClient, startTestServer } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { PORT_PATH, TestBoard } from "./support/board.js";
import { failureOf } from "./support/failure.js";
import {
  createPortWithChip,
  createUnopenablePort,
  createProject,
  createRuntime,
  createSettingsFor,
  createTestComputer,
} from "./support/project.js";

const UNREACHABLE_BROKER = createSettingsFor("mqtt://127.0.0.1:9");

/** Simulates a computer whose port has no board. */
const createComputerWithoutBoard = async (changes: Partial<Computer> = {}) =>
  createTestComputer(await createProject(UNREACHABLE_BROKER), createUnopenablePort(PORT_PATH), {}, changes);

/** Starts a broker that answers every CONNECT with this CONNACK return code. */
async function startRefusingBroker(code: number): Promise<string> {
  const listener = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Uint8Array.of(0x20, 2, 0, code)));
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void listener.close());
  return `mqtt://127.0.0.1:${(listener.address() as net.AddressInfo).port}`;
}

describe("npm run flash", () => {
  test("installs runtime, program and settings, and ends when the board is connected to the broker", async () => {
    const { brokerUrl } = await startTestServer();
    const observer = await connectClient(brokerUrl, {}, "nightlight/#");
    const board = await TestBoard.start();
    const computer = await createTestComputer(await createProject(createSettingsFor(brokerUrl)), board.ports);

    await flashBoard({ yes: true }, computer);

    expect(computer.lines.at(-1)).toMatch(/^The board is connected to broker\.test:\d+: the nightlight works\.$/);
    expect(computer.lines).toContain("  written 100 %");
    expect(computer.lines).toContain("  sent 100 %");
    expect(board.networks).toEqual([["attic", "12345678"]]);
    const isStatus = ({ topic }: { topic: string }) => /^nightlight\/\w{6}\/status$/.test(topic);
    await eventually(() => observer.got.some(isStatus), { what: "the board's status" });
    const image = Buffer.from(board.chip.flash.bytes.subarray(0, createRuntime().length));
    expect(image.subarray(0, 0x9000).equals(createRuntime().subarray(0, 0x9000))).toBe(true);
    // at 0x9000 the runtime reads the board's configuration, which contains its name
    expect(image.subarray(0x9000).toString("latin1")).toContain("Nightlight on Seeed Studio XIAO ESP32C3");
    expect(board.chip.starts).toBe(1);
    expect(await computer.calls()).toEqual([]);
  });

  test("uses esptool on request, and passes the same image to it", async () => {
    const { brokerUrl } = await startTestServer();
    const board = await TestBoard.start();
    const computer = await createTestComputer(await createProject(createSettingsFor(brokerUrl)), board.ports);

    await flashBoard({ yes: true, esptool: true }, computer);

    expect(computer.lines.join("\n")).toContain("esptool 4.8.1");
    expect(computer.lines).toContain("  written 100 %");
    expect(computer.lines.at(-1)).toContain("the nightlight works");
    const [asked, written] = await computer.calls();
    expect(asked).toEqual(["--port", PORT_PATH, "--after", "no_reset", "chip_id"]);
    expect(written.slice(0, 6)).toEqual(["--port", PORT_PATH, "--baud", "460800", "write_flash", "0x0"]);
    expect(board.chip.lastBootLoader).toBeUndefined();
  });

  test("warns of a hidden network, which the board would not join after a power cut", async () => {
    const { brokerUrl } = await startTestServer();
    const board = await TestBoard.start();
    board.hidesNetwork = true;
    const computer = await createTestComputer(await createProject(createSettingsFor(brokerUrl)), board.ports);

    await flashBoard({ yes: true }, computer);

    expect(computer.lines.at(-2)).toMatch(/the nightlight works\.$/);
    expect(computer.lines.at(-1)).toMatch(/network is hidden: after a power cut the board will not find it/);
  });

  test("waits for a board that only its button can reset", async () => {
    const { brokerUrl } = await startTestServer();
    const board = await TestBoard.start();
    board.refusedOpens = 3;
    const esptool = { FAKE_ESPTOOL_RESULT: "by hand" };
    const computer = await createTestComputer(await createProject(createSettingsFor(brokerUrl)), board.ports, esptool);
    await flashBoard({ yes: true, baud: 115_200, esptool: true }, computer);
    expect(computer.lines.join("\n")).toContain("Now press RESET on the board");
    expect((await computer.calls())[1]).toContain("115200");
    expect(computer.lines.at(-1)).toContain("the nightlight works");
  });
});

describe("npm run deploy", () => {
  test("follows a board that resets itself after the deploy", async () => {
    const { brokerUrl } = await startTestServer();
    const board = await TestBoard.start();
    const unplugAfterStart = (line: string) => void (line.startsWith("Started.") && board.unplug());
    const screen = { print: unplugAfterStart, showProgress: () => {} };
    const computer = await createTestComputer(
      await createProject(createSettingsFor(brokerUrl)),
      board.ports,
      {},
      { screen },
    );
    await deployOnly({}, computer);
    expect(board.log.some((line) => line.includes("connected to broker.test"))).toBe(true);
    expect(await computer.calls()).toEqual([]);
  });

  test("replaces the board's settings, and deletes those that are missing in the file", async () => {
    const { brokerUrl } = await startTestServer();
    const board = await TestBoard.start();
    const root = await createProject(`${createSettingsFor(brokerUrl)}NL_ID=nightlight/first\n`);
    const computer = await createTestComputer(root, board.ports);
    await deployOnly({}, computer);
    await writeFile(path.join(root, ".env.local"), createSettingsFor(brokerUrl));
    await deployOnly({}, computer);
    const startLines = board.log.filter((line) => line.includes("at mqtt://broker.test"));
    expect(startLines[0]).toContain("nightlight/first");
    expect(startLines.at(-1)).not.toContain("nightlight/first");
  });

  test("ignores a connection from before the deploy in the board's log", async () => {
    const board = await TestBoard.start();
    board.printLine("* start: nightlight 0.0.9");
    board.printLine("> connected to broker.test:9 after 700 ms");
    const computer = await createTestComputer(
      await createProject(UNREACHABLE_BROKER),
      board.ports,
      {},
      { connectTimeout: 1000 },
    );
    expect((await failureOf(deployOnly({}, computer))).step).toBe("the broker");
  });
});

describe("a failed step names a remedy", () => {
  test("for a wrong chip: nothing is written, and the boards with that chip are listed", async () => {
    const ports = createPortWithChip(PORT_PATH, { chip: "esp32s3" });
    const computer = await createTestComputer(await createProject(UNREACHABLE_BROKER), ports);
    const error = await failureOf(flashBoard({ yes: true }, computer));
    expect(error.message).toContain("has an ESP32-S3; Seeed Studio XIAO ESP32C3 has an ESP32-C3. Nothing was written.");
    expect(error.remedy).toContain("--board esp32s3_devkitm");
    expect(computer.lines.join("\n")).not.toContain("Writing");
  });

  test("for a failed download without a copy: nothing is written", async () => {
    const ports = createPortWithChip(PORT_PATH);
    const computer = await createTestComputer(await createProject(UNREACHABLE_BROKER), ports);
    await rm(path.join(computer.root, ".devicescript"), { recursive: true });
    const error = await failureOf(flashBoard({ yes: true }, computer));
    expect(error.step).toBe("the download");
    expect(error.problem).toContain("ENOTFOUND github.com");
    expect(error.remedy).toContain("https://github.com/microsoft/devicescript-esp32/releases");
    expect(error.remedy).toContain("--file");
    expect(computer.lines.join("\n")).not.toContain("Writing");
  });

  test("for a flashed board whose port does not return", async () => {
    const ports = createPortWithChip(PORT_PATH);
    const computer = await createTestComputer(
      await createProject(UNREACHABLE_BROKER),
      ports,
      {},
      { returnTimeout: 500 },
    );
    const error = await failureOf(flashBoard({ yes: true }, computer));
    expect(computer.lines).toContain("  written 100 %");
    expect(error.message).toContain(`${PORT_PATH} cannot be opened`);
  });

  test("for a port that cannot be opened", async () => {
    const error = await failureOf(deployOnly({}, await createComputerWithoutBoard()));
    expect(error.message).toContain(`${PORT_PATH} cannot be opened`);
  });

  test("for a board without DeviceScript's runtime, which does not answer", async () => {
    const board = await TestBoard.start();
    board.isFrameLost = () => true;
    const computer = await createTestComputer(
      await createProject(UNREACHABLE_BROKER),
      board.ports,
      {},
      { answerTimeout: 1500 },
    );
    const error = await failureOf(deployOnly({}, computer));
    expect(error.problem).toContain("does not answer");
    expect(error.remedy).toContain("npm run flash");
  });

  test("for a runtime that is older than the program", async () => {
    const board = await TestBoard.start();
    const computer = await createTestComputer(await createProject(UNREACHABLE_BROKER), board.ports);
    const firmware = await computer.firmware("main");
    const bytecode = Uint8Array.from(firmware.bytecode);
    bytecode[10] += 1;
    const newer = { ...computer, firmware: () => Promise.resolve({ ...firmware, bytecode }) };
    const error = await failureOf(deployOnly({}, newer));
    expect(error.problem).toMatch(/runtime, 2\.\d+, does not run programs for 2\.\d+/);
    expect(error.remedy).toContain("npm run flash");
  });

  test("for a board that stops answering during the deploy", async () => {
    const board = await TestBoard.start();
    const root = await createProject(UNREACHABLE_BROKER);
    const computer = await createTestComputer(root, board.ports, {}, { answerTimeout: 5000 });
    let frames = 0;
    board.isFrameLost = (frame) => frame.length > 100 && ++frames > 5;
    const error = await failureOf(deployOnly({}, computer));
    expect(error.message).toContain("the deploy: The board did not accept the program");
    expect(error.remedy).toContain("without a USB hub");
  });

  test("for a broker that is not running", async () => {
    const board = await TestBoard.start();
    const computer = await createTestComputer(
      await createProject(UNREACHABLE_BROKER),
      board.ports,
      {},
      { connectTimeout: 5000 },
    );
    const error = await failureOf(deployOnly({}, computer));
    expect(error.problem).toContain("Nothing accepts connections at broker.test:9");
    expect(error.remedy).toContain("firewall");
  });

  test("for a wrong broker password: at once, and without printing secrets", async () => {
    const board = await TestBoard.start();
    const env = `${createSettingsFor(await startRefusingBroker(4))}MQTT_USER=house\nMQTT_PWD=swordfish\n`;
    const computer = await createTestComputer(await createProject(env), board.ports);
    const error = await failureOf(deployOnly({}, computer));
    expect(error.problem).toContain("rejects the user name or the password");
    expect([error.message, ...computer.lines].join("\n")).not.toMatch(/swordfish|12345678/);
  });

  test("for a question without a terminal, or answered no: the board is not touched", async () => {
    const noTerminal = await createComputerWithoutBoard();
    expect((await failureOf(flashBoard({}, noTerminal))).remedy).toBe("Give --yes.");
    const no = await createComputerWithoutBoard({ ask: () => Promise.resolve(false) });
    expect((await failureOf(flashBoard({}, no))).problem).toContain("nothing was changed");
    expect([await noTerminal.calls(), await no.calls()]).toEqual([[], []]);
  });
});
