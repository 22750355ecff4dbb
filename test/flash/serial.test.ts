import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { deployOnly, flashBoard } from "../../scripts/flash/flow.js";
import { createLoaderFlasher } from "../../scripts/flash/system-flasher.js";
import { runProgram } from "../../scripts/lib/run-program.js";
import { encodeFrame, FrameDecoder } from "../../flashing/serial/framing.js";
import { LineSplitter } from "../../flashing/serial/lines.js";
import type { PortInfo } from "../../scripts/lib/serial/port.js";
import { checkAccess, choosePort, systemPorts } from "../../scripts/lib/serial/ports.js";
import { listPortsInSysfs } from "../../scripts/lib/serial/sysfs.js";
import { jacdac } from "../../sim/vm/jacdac.js";
import { startTestServer } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { isMissing } from "../support/programs.js";
import { TestBoard } from "./support/board.js";
import { failureOf } from "./support/failure.js";
import { createProject, createSettingsFor, createTemporaryFolder, createTestComputer } from "./support/project.js";
import { Command } from "./support/rom/boot-loader.js";
import { SimulatedChip } from "./support/rom/simulated-chip.js";

function decodeChunks(...chunks: Uint8Array[]) {
  const frames: number[][] = [];
  let text = "";
  const decoder = new FrameDecoder(
    (frame) => frames.push([...frame]),
    (bytes) => (text += Buffer.from(bytes).toString("latin1")),
  );
  for (const chunk of chunks) decoder.push(chunk);
  return { frames, text };
}

describe("the serial line with frames and log text", () => {
  test("encodes a frame as jacdac-c/source/jd_usb.c does, with escaped magic bytes", () => {
    expect([...encodeFrame(Uint8Array.of(1, 0xfe, 2))]).toEqual([0xfe, 0xfc, 1, 0xfe, 0xf8, 2, 0xfe, 0xfd]);
  });

  test("decodes any frames and the text between them, in pieces of any size", () => {
    const frame = fc.uint8Array({ minLength: 12, maxLength: 252 });
    fc.assert(
      fc.property(frame, frame, fc.integer({ min: 1, max: 70 }), (first, second, size) => {
        const stream = [...encodeFrame(first), ...Buffer.from("> hello\n"), ...encodeFrame(second)];
        const pieces: Uint8Array[] = [];
        for (let i = 0; i < stream.length; i += size) pieces.push(Uint8Array.from(stream.slice(i, i + size)));
        expect(decodeChunks(...pieces)).toEqual({ frames: [[...first], [...second]], text: "> hello\n" });
      }),
      { numRuns: 50 },
    );
  });

  test("decodes the next complete frame after any garbage", () => {
    const good = Uint8Array.from({ length: 16 }, (_, i) => i);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (garbage) => {
        // adds a zero byte, because garbage that ends with a frame's start byte would make the decoder misread the next frame
        const { frames } = decodeChunks(garbage, Uint8Array.of(0), encodeFrame(good));
        expect(frames.at(-1)).toEqual([...good]);
      }),
      { numRuns: 200 },
    );
  });

  test("splits lines, removes the colors of ESP-IDF, and cuts garbage without line ends", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const bytes = Buffer.from("\x1b[0;32mI (312) JD: grün\x1b[0m\r\n> next");
    for (const byte of bytes) splitter.push(Uint8Array.of(byte));
    expect(lines).toEqual(["I (312) JD: grün"]);
    splitter.push(new Uint8Array(5000).fill(65));
    expect(lines).toHaveLength(2);
  });
});

describe("the choice of the serial port", () => {
  const board: PortInfo = { path: "/dev/ttyACM0", vendorId: "303A", productId: "1001", manufacturer: "Espressif" };
  const other: PortInfo = { path: "/dev/ttyUSB0", vendorId: "1a86", productId: "7523" };
  const modem: PortInfo = { path: "/dev/ttyS0" };

  test("takes the only board, or the named port", () => {
    expect(choosePort([modem, board])).toBe("/dev/ttyACM0");
    expect(choosePort([modem, board, other], "/dev/ttyUSB0")).toBe("/dev/ttyUSB0");
    expect(choosePort([modem], "/dev/ttyS0")).toBe("/dev/ttyS0");
    // the user names a symbolic link, which is not in the system's list of ports
    expect(choosePort([board], "/dev/serial/by-id/mine", true)).toBe("/dev/serial/by-id/mine");
  });

  test.each<[string, PortInfo[], string | undefined, RegExp]>([
    ["no port", [], undefined, /cable.*BOOT/s],
    ["no board", [modem], undefined, /to use one anyway, give --port.*\/dev\/ttyS0.*cable/s],
    [
      "two boards",
      [board, other],
      undefined,
      /\/dev\/ttyACM0 {2}Espressif.*\/dev\/ttyUSB0 {2}WCH.*--port \/dev\/ttyACM0/s,
    ],
    ["another name", [board], "/dev/ttyACM9", /no \/dev\/ttyACM9.*\/dev\/ttyACM0/s],
  ])("fails with the available ports and a remedy: %s", async (_, ports, wanted, message) => {
    const error = await failureOf(Promise.resolve().then(() => choosePort(ports, wanted)));
    expect(error.message).toMatch(message);
  });

  test.skipIf(process.platform !== "linux")("reads the ports from sysfs on Linux without udev", async () => {
    const sys = await mkdtemp(path.join(tmpdir(), "nightlight-sys-"));
    onTestFinished(() => rm(sys, { recursive: true }));
    const usb = path.join(sys, "devices/usb1/1-2");
    await mkdir(path.join(usb, "1-2:1.0"), { recursive: true });
    for (const [name, text] of Object.entries({ idVendor: "303a\n", idProduct: "1001\n", manufacturer: "Espressif\n" }))
      await writeFile(path.join(usb, name), text);
    for (const name of ["ttyACM0", "ttyS0", "ttyUSB7"]) await mkdir(path.join(sys, "class/tty", name), { recursive: true }); // prettier-ignore
    await symlink(path.join(usb, "1-2:1.0"), path.join(sys, "class/tty/ttyACM0/device"));
    const ports = await listPortsInSysfs(sys);
    expect(ports).toEqual([{ ...board, vendorId: "303a", serialNumber: undefined }, { path: "/dev/ttyUSB7" }]);
    expect(choosePort(ports)).toBe("/dev/ttyACM0");
    expect(await listPortsInSysfs(path.join(sys, "nothing"))).toEqual([]);
  });

  test.skipIf(process.platform === "win32")(
    "ends npm run monitor with a sentence when the file is not a port",
    async () => {
      const { code, output } = await runProgram(
        "npm",
        ["run", "-s", "monitor", "--", "--port", ROOT + "package.json"],
        {
          cwd: ROOT,
          within: 25_000,
        },
      );
      expect(output).toContain("package.json is not a serial port.");
      expect(code).toBe(1);
    },
  );

  test("does not report a missing port as a lack of permission", async () => {
    await expect(checkAccess("/dev/no-such-port")).resolves.toBeUndefined();
  });
});

test("the simulated board answers DeviceScript's own serial transport as well", async () => {
  const board = await TestBoard.start();
  const intervals = vi.spyOn(globalThis, "setInterval");
  /** A fake port with the part of `serialport` that jacdac-ts uses. */
  class LibraryPort {
    static list = async () => [{ path: "/dev/x", serialNumber: "JD1", vendorId: "303a" }];
    isOpen = true;
    readonly #take: (bytes: Uint8Array) => void;
    #data: (bytes: Uint8Array) => void = () => {};
    constructor(_: object, opened: (error: null) => void) {
      this.#take = board.plugIn({ data: (bytes) => this.#data(bytes), disconnected: () => {} });
      queueMicrotask(() => opened(null));
    }
    on(event: string, listener: (bytes: Uint8Array) => void) {
      if (event === "data") this.#data = listener;
    }
    write(bytes: Uint8Array, _: unknown, done: (error: null) => void) {
      this.#take(bytes);
      done(null);
    }
    close(done: (error: null) => void) {
      this.isOpen = false;
      done(null);
    }
  }
  const bus = new jacdac.JDBus([jacdac.createNodeWebSerialTransport(LibraryPort)], { disableRoleManager: true });
  onTestFinished(async () => {
    await bus.stop();
    for (const { value } of intervals.mock.results) clearInterval(value as NodeJS.Timeout);
    intervals.mockRestore();
  });
  await bus.connect();
  const findManager = () => bus.services({ serviceClass: jacdac.SRV_DEVICE_SCRIPT_MANAGER })[0];
  await eventually(findManager, { what: "the board's services" });
});

const HAS_PSEUDO_TERMINALS = process.platform !== "win32" && spawnSync("python3", ["-c", "import pty"]).status === 0;

describe.skipIf(isMissing(HAS_PSEUDO_TERMINALS ? "python3" : undefined, "pseudo-terminals and python3"))(
  "the system's own serial port",
  () => {
    /** Connects a board to a pseudo-terminal, and returns the name of the other end. */
    async function openPseudoTerminal(board: Pick<TestBoard, "plugIn">): Promise<string> {
      const wire = spawn("python3", [fileURLToPath(new URL("./support/terminal.py", import.meta.url))], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      onTestFinished(() => void wire.stdin.end());
      let name: string | undefined;
      const take = board.plugIn({ data: (bytes) => void wire.stdin.write(bytes), disconnected: () => {} });
      wire.stdout.on("data", (chunk: Buffer) => {
        if (name) return take(chunk);
        name = chunk.toString().trim();
      });
      return eventually(() => name, { what: "the pseudo-terminal" });
    }

    test("carries program and settings to a board", async () => {
      const { brokerUrl } = await startTestServer();
      const board = await TestBoard.start();
      const port = await openPseudoTerminal(board);
      const computer = await createTestComputer(await createProject(createSettingsFor(brokerUrl)), systemPorts);
      await deployOnly({ port }, computer);
      expect(board.networks).toEqual([["attic", "12345678"]]);
      expect(computer.lines.at(-1)).toContain("the nightlight works");
    });

    test("carries an image to the flash memory of a chip that is in its boot loader", async () => {
      const chip = new SimulatedChip({ chip: "esp32", byButton: true });
      const path = await openPseudoTerminal({
        plugIn(events) {
          void chip.open(115_200, events);
          return (bytes) => void chip.write(bytes);
        },
      });
      // a pseudo-terminal passes all bytes on, at any baud rate
      const flasher = createLoaderFlasher(systemPorts, path, 115_200);
      onTestFinished(() => flasher.close());
      expect(await flasher.readChip()).toBe("esp32");
      const bytes = new Uint8Array(randomBytes(50_000));
      await flasher.write({ bytes, offset: 0x1000, extraArguments: [] }, () => {});
      expect(chip.flash.md5(0x1000, bytes.length)).toEqual(createHash("md5").update(bytes).digest());
    });

    test("carries runtime, program and settings to a new board, with no other program on PATH than those of Node.js", async () => {
      const { brokerUrl } = await startTestServer();
      const board = await TestBoard.start();
      const chip = new SimulatedChip({ chip: "esp32c3", byButton: true });
      const port = await openPseudoTerminal({
        plugIn(events) {
          void chip.open(115_200, events);
          let sendToBoard: ((bytes: Uint8Array) => void) | undefined;
          return (bytes) => {
            // a pseudo-terminal has no reset line, so the runtime starts after the last command to the boot loader
            if (chip.bootLoader?.commands.at(-1) === Command.Md5) sendToBoard ??= board.plugIn(events);
            if (sendToBoard) sendToBoard(bytes);
            else void chip.write(bytes);
          };
        },
      });
      const computer = await createTestComputer(await createProject(createSettingsFor(brokerUrl)), systemPorts);
      vi.stubEnv("PATH", await createTemporaryFolder());
      onTestFinished(() => void vi.unstubAllEnvs());
      await flashBoard({ port, baud: 115_200, yes: true }, computer);
      expect(Buffer.from(chip.flash.bytes).toString("latin1", 0x9000, 0xa000)).toContain("Nightlight on Seeed Studio");
      expect(board.networks).toEqual([["attic", "12345678"]]);
      expect(computer.lines.at(-1)).toContain("the nightlight works");
    });

    test("carries a board's log to npm run monitor, which ends cleanly on Ctrl-C", async () => {
      const board = await TestBoard.start();
      const port = await openPseudoTerminal(board);
      const args = ["--import", "tsx", "--conditions=nightlight-source", "scripts/monitor.ts", "--port", port];
      const monitor = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
      onTestFinished(() => void monitor.kill("SIGKILL"));
      let output = "";
      monitor.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      await eventually(() => output.includes("source positions are missing"), {
        within: 15_000,
        what: "the monitor to listen",
      });
      board.printLine("* the sun is out");
      await eventually(() => output.includes("warning: the sun is out\n"), { what: "the line of the board" });
      monitor.kill("SIGINT");
      expect(await once(monitor, "exit")).toEqual([0, null]);
    });
  },
);
