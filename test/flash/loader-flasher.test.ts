import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ManualResetNeededError } from "../../flashing/loader/flasher.js";
import type { Image } from "../../flashing/board-image.js";
import { LoaderFlasher } from "../../flashing/loader/loader-flasher.js";
import { failureOf } from "./support/failure.js";
import { Command, Status } from "./support/rom/boot-loader.js";
import { CHIP_FACTS, type ChipName } from "./support/rom/chips.js";
import { SimulatedChip, type SimulatedChipOptions } from "./support/rom/simulated-chip.js";
import { expectDuration } from "../support/eventually.js";
import { getTestSeed } from "../support/seed.js";

const PATH = "/dev/ttyTEST0";
const CHIPS = Object.keys(CHIP_FACTS) as ChipName[];

/** An image whose end is not at a multiple of four, with parts that compress badly and parts that compress well. */
const createImage = (offset = 0): Image => ({
  bytes: new Uint8Array(Buffer.concat([randomBytes(40_000), Buffer.alloc(30_001, 0xff)])),
  offset,
  extraArguments: [],
});

/** Creates a simulated chip and connects to it. */
function connect(options: SimulatedChipOptions, attempts?: number) {
  const chip = new SimulatedChip(options);
  return { chip, flasher: connectTo(chip, attempts) };
}

/** Connects to a chip that does not answer. Tries once, because each attempt takes about a second. */
const connectToSilentChip = (options: SimulatedChipOptions) => connect(options, 1);

function connectTo(chip: SimulatedChip, attempts?: number): LoaderFlasher {
  const port = () => Promise.resolve(chip.createPort());
  return new LoaderFlasher({ name: PATH, port, returnedPort: port, baud: 460_800, attempts });
}

/** Runs all steps, and returns the image and the percentages that were reported. */
async function flash({ flasher }: ReturnType<typeof connect>, image = createImage()) {
  const percentages: number[] = [];
  await flasher.readChip();
  await flasher.write(image, (percent) => percentages.push(percent));
  return { image, percentages };
}

const contentOf = (chip: SimulatedChip, { bytes, offset }: Image): Buffer =>
  Buffer.from(chip.flash.bytes.subarray(offset, offset + bytes.length));

// the tests mostly wait for delays of esptool-js, so they run at the same time
describe.concurrent("flashing with esptool-js", () => {
  test.each([
    ...CHIPS.map((chip) => ({ chip, connection: "bridge" as const })),
    { chip: "esp32s2" as const, connection: "otg" as const },
    { chip: "esp32s3" as const, connection: "serial-jtag" as const },
    { chip: "esp32c3" as const, connection: "serial-jtag" as const },
  ])("writes every byte of the image to an $chip over $connection, and starts the program", async (options) => {
    const board = connect(options);
    expect(await board.flasher.readChip()).toBe(options.chip);
    const before = Buffer.from(board.chip.flash.bytes);
    const image = createImage(options.chip === "esp32" || options.chip === "esp32s2" ? 0x1000 : 0);
    const percentages: number[] = [];
    await board.flasher.write(image, (percent) => percentages.push(percent));

    expect(contentOf(board.chip, image).equals(Buffer.from(image.bytes))).toBe(true);
    // no other sector was erased or written
    const end = Math.ceil((image.offset + image.bytes.length) / 0x1000) * 0x1000;
    expect(before.subarray(end).equals(board.chip.flash.bytes.subarray(end))).toBe(true);
    expect(before.subarray(0, image.offset).equals(board.chip.flash.bytes.subarray(0, image.offset))).toBe(true);
    expect(percentages.at(-1)).toBe(100);
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b));
    expect(board.chip.lastBootLoader?.isStub).toBe(true);
    expect(board.chip.lastBootLoader?.commands).toContain(Command.Md5);
    expect(board.chip.bootLoader).toBeUndefined();
    expect(board.chip.starts).toBe(1);
  });

  test("stops the watchdogs that a reset over USB-Serial-JTAG leaves running", async () => {
    const board = connect({ chip: "esp32c3", connection: "serial-jtag" });
    // before anything is written, because the download of the runtime may take minutes
    await board.flasher.readChip();
    const { registers } = board.chip.lastBootLoader!;
    expect(registers.get(0x60008090)).toBe(0);
    expect(registers.get(0x600080ac)! >>> 31).toBe(1);
  });

  test("asks for a manual reset when the button BOOT led a chip with USB-OTG into its boot loader", async () => {
    const board = connect({ chip: "esp32s2", connection: "otg", byButton: true });
    const image = createImage(0x1000);
    await expect(flash(board, image)).rejects.toBeInstanceOf(ManualResetNeededError);
    expect(contentOf(board.chip, image).equals(Buffer.from(image.bytes))).toBe(true);
  });

  test("finds a chip that the button BOOT led into its boot loader, though its board ignores DTR and RTS", async () => {
    const board = connect({ chip: "esp32", ignoresSignals: true, byButton: true });
    const { image } = await flash(board, createImage(0x1000));
    expect(contentOf(board.chip, image).equals(Buffer.from(image.bytes))).toBe(true);
  });

  test("continues at 115200 Bd when the cable does not carry the wanted baud rate", async () => {
    const board = connect({ chip: "esp32", maxBaud: 115_200 });
    const { image } = await flash(board, createImage(0x1000));
    expect(contentOf(board.chip, image).equals(Buffer.from(image.bytes))).toBe(true);
  });

  test("repeats a block whose checksum was wrong on arrival", async () => {
    const failure = (command: number, count: number) =>
      command === Command.DeflData && count === 2 ? Status.BadChecksum : undefined;
    const board = connect({ chip: "esp32c3", failure });
    const { image } = await flash(board);
    expect(contentOf(board.chip, image).equals(Buffer.from(image.bytes))).toBe(true);
  });

  test("waits until a port that returns after the reset can be opened", async () => {
    const board = connect({ chip: "esp32s2", connection: "otg", refusedReopens: 2 });
    expect(await board.flasher.readChip()).toBe("esp32s2");
  });

  test("recognizes that the port left the bus when the system reports an input/output error first", async () => {
    const board = connect({ chip: "esp32s3", connection: "otg", failsBeforeLoss: true });
    expect(await board.flasher.readChip()).toBe("esp32s3");
  });

  test("restarts a board whose boot loader stops answering after the image was verified", async () => {
    let verified = false;
    const failure = (command: number) => {
      verified ||= command === Command.Md5;
      return verified && command !== Command.Md5 ? Status.InvalidMessage : undefined;
    };
    const board = connect({ chip: "esp32s3", connection: "serial-jtag", failure });
    await flash(board);
    expect(board.chip.starts).toBe(1);
  });

  test("restarts the board's program when nothing is written after all", async () => {
    const { chip, flasher } = connect({ chip: "esp32s3" });
    await flasher.readChip();
    await flasher.close();
    expect(chip.bootLoader).toBeUndefined();
    expect(chip.starts).toBe(1);
  });
});

describe.concurrent("a failure of flashing names the step and the remedy", () => {
  test.each<[what: string, options: Omit<SimulatedChipOptions, "chip">, problem: RegExp, remedy: RegExp]>([
    ["nothing answers", { isMute: true, ignoresSignals: true, output: "" }, /does not answer/, /Hold the board's button BOOT/], // prettier-ignore
    ["the boot loader receives nothing", { isMute: true }, /in its boot loader, but does not receive/, /RX and TX/],
    ["its output arrives late on a busy computer", { isMute: true, outputDelay: 200 }, /in its boot loader, but does not receive/, /RX and TX/], // prettier-ignore
  ])("when %s", async (_, options, problem, remedy) => {
    const error = await failureOf(connectToSilentChip({ chip: "esp32c3", ...options }).flasher.readChip());
    expect(error.step).toBe("the chip");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });

  test.each([
    ["", ""],
    [" after noise", "\xc0\xff\xc0"],
  ])("when the program runs instead of the boot loader%s", async (_, noise) => {
    const board = connectToSilentChip({ chip: "esp32", output: `${noise}Hello from the program\r\n` });
    // the transistors hold the chip in reset, but nothing selects the boot loader
    const setSignals = board.chip.setSignals.bind(board.chip);
    board.chip.setSignals = (signals) => setSignals({ ...signals, dataTerminalReady: false });
    const error = await failureOf(board.flasher.readChip());
    expect(error.problem).toContain("did not enter its boot loader: its program runs instead");
    expect(error.remedy).toContain("Hold the board's button BOOT");
  });

  test.each([
    ["noise", "\xff\x80\xc0\x0d"],
    ["what is sent to it, through a short circuit", "\xc0\0\x08\x24\0\0\0\0\0\x07\x07\x12\x20UUUUUUUU\xc0"],
  ])("when the chip does not answer, and only %s arrives", async (_, output) => {
    const board = connectToSilentChip({ chip: "esp32", output });
    const setSignals = board.chip.setSignals.bind(board.chip);
    board.chip.setSignals = (signals) => setSignals({ ...signals, dataTerminalReady: false });
    expect((await failureOf(board.flasher.readChip())).problem).toBe("The chip does not answer.");
  });

  test.each<[message: string, problem: RegExp, remedy: RegExp]>([
    ["Error: Permission denied, cannot open /dev/ttyTEST0", /This user may not open/, /usermod/],
    ["Error Resource temporarily unavailable Cannot lock port", /Another program uses/, /Close/],
    ["Error: No such file or directory, cannot open /dev/ttyTEST0", /cannot be opened/, /plug it in again/],
  ])("when the port refuses to open: %s", async (message, problem, remedy) => {
    const { chip, flasher } = connect({ chip: "esp32c3" });
    chip.openError = new Error(message);
    const error = await failureOf(flasher.readChip());
    expect(error.step).toBe("the port");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });

  test.each<[what: string, options: Omit<SimulatedChipOptions, "chip">, problem: RegExp, remedy: RegExp]>([
    ["the checksum differs", { damagesFlash: true }, /data in flash memory differs/, /--baud 115200/],
    ["the flash memory is silent", { flashSize: 1 }, /could not write to its flash memory/, /defective/],
    ["the chip reports a failed write", { failure: (command) => (command === Command.DeflData ? Status.FailedSpi : undefined) }, /could not write to its flash memory/, /defective/], // prettier-ignore
    ["the stub is refused", { failure: (command) => (command === Command.MemData ? 0x07 : undefined) }, /interrupted/, /--baud 115200/], // prettier-ignore
  ])("when %s", async (_, options, problem, remedy) => {
    const error = await failureOf(flash(connect({ chip: "esp32c3", ...options })));
    expect(error.step).toBe("flashing");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });

  test("when the flash memory is too small, before anything is written", async () => {
    const board = connect({ chip: "esp32c3", flashSize: 0x40000 });
    const error = await failureOf(flash(board, createImage(0x38000)));
    expect(error.problem).toContain("flash memory of 256KB is too small");
    expect(board.chip.lastBootLoader?.commands).not.toContain(Command.DeflBegin);
  });

  test("when the chip accepts only signed programs", async () => {
    const { chip, flasher } = connect({ chip: "esp32s3", secure: true });
    expect(await flasher.readChip()).toBe("esp32s3");
    expect((await failureOf(flasher.write(createImage(), () => {}))).problem).toContain("accepts only signed programs");
    expect(chip.lastBootLoader?.commands).not.toContain(Command.DeflBegin);
  });

  test("when the board's file has arguments for esptool", async () => {
    const { flasher } = connect({ chip: "esp32c3" });
    await flasher.readChip();
    const image = { ...createImage(), extraArguments: ["--flash_mode", "dio"] };
    expect((await failureOf(flasher.write(image, () => {}))).remedy).toContain("--esptool");
  });
});

test("a cable that is pulled at any byte ends flashing at once, and a repetition writes everything", async () => {
  const chip = "esp32c3";
  const complete = connect({ chip });
  await flash(complete);
  const total = complete.chip.transferred;
  let random = getTestSeed();
  const positions = Array.from({ length: 12 }, (_, i) => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    // half of the positions belong to the connection, which has few bytes but many steps
    return 1 + (random % (i % 2 === 0 ? 1000 : total));
  });
  await Promise.all(
    positions.map(async (cutAfter) => {
      const board = connect({ chip, cutAfter });
      let cut = 0;
      const pull = board.chip.pull.bind(board.chip);
      board.chip.pull = () => {
        cut = performance.now();
        pull();
      };
      const error = await failureOf(flash(board));
      expect(error.step, `cut after ${cutAfter} bytes`).toMatch(/^(the chip|flashing)$/);
      expect(error.problem).toContain("disappeared");
      expect(error.remedy).toContain("does no harm");
      // esptool-js alone would wait three times as long
      expectDuration(cut, 5000, "noticing the pulled cable");
      const again = { chip: board.chip, flasher: connectTo(board.chip) };
      const { image } = await flash(again);
      expect(contentOf(board.chip, image).equals(Buffer.from(image.bytes))).toBe(true);
    }),
  );
});
