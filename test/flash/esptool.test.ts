import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { findEsptool } from "../../scripts/flash/esptool.js";
import { EsptoolFlasher, parseChip } from "../../scripts/flash/esptool-flasher.js";
import { ManualResetNeededError } from "../../flashing/loader/flasher.js";
import type { Image } from "../../flashing/board-image.js";
import { failureOf } from "./support/failure.js";
import { FAKE_ESPTOOL, createTemporaryFolder } from "./support/project.js";

/** Returns an environment whose PATH has an esptool of this version, or none, and no Python. */
async function createEnvironmentWithEsptool(version?: string): Promise<NodeJS.ProcessEnv> {
  const folder = await createTemporaryFolder();
  if (version) {
    const file = path.join(folder, "esptool.py");
    const source = (await readFile(FAKE_ESPTOOL, "utf8")).replace("/usr/bin/env node", process.execPath);
    // esptool.py imports the code from a separate module file, because Node treats esptool.py as CommonJS
    await writeFile(path.join(folder, "esptool.mjs"), source);
    await writeFile(file, `#!${process.execPath}\nimport("./esptool.mjs");\n`);
    await chmod(file, 0o755);
  }
  return { PATH: folder, FAKE_ESPTOOL_VERSION: version };
}

const IMAGE: Image = { bytes: new Uint8Array(5000), offset: 0x1000, extraArguments: [] };

const createFlasher = (result: string, more: Record<string, string> = {}, command = process.execPath) =>
  new EsptoolFlasher({
    esptool: { command, args: [FAKE_ESPTOOL], version: "4.8.1" },
    port: "/dev/ttyTEST0",
    baud: 460_800,
    env: { ...process.env, FAKE_ESPTOOL_RESULT: result, ...more },
  });

describe.skipIf(process.platform === "win32")("the search for esptool on PATH", () => {
  test.each(["4.5", "4.8.1", "4.11.0"])("accepts version %s", async (version) => {
    expect(await findEsptool(undefined, await createEnvironmentWithEsptool(version))).toEqual({
      command: "esptool.py",
      args: [],
      version,
    });
  });

  test.each(["4.4.1", "3.3", "5.0.0", "5.1.dev1"])(
    "refuses version %s and names the supported versions",
    async (version) => {
      const error = await failureOf(findEsptool(undefined, await createEnvironmentWithEsptool(version)));
      expect(error.problem).toContain(`esptool.py is version ${version}`);
      expect(error.remedy).toContain('"esptool>=4.5,<5"');
    },
  );

  test("explains how to install a missing esptool", async () => {
    const error = await failureOf(findEsptool(undefined, await createEnvironmentWithEsptool()));
    expect(error.problem).toContain("not found");
    expect(error.remedy).toContain("pip install");
  });
});

describe("the detection of the chip type", () => {
  test.each([
    ["Detecting chip type... ESP32-C3\nChip is ESP32-C3 (QFN32) (revision v0.3)", "esp32c3"],
    [
      "Detecting chip type... Unsupported detection protocol, switching and trying again...\nDetecting chip type... ESP32",
      "esp32",
    ],
    ["Detecting chip type... ESP32-S2\r\nChip is ESP32-S2FNR2 (revision v0.0)", "esp32s2"],
  ])("understands the output %j", (output, chip) => {
    expect(parseChip(output)).toBe(chip);
  });

  test.each([
    ["permission", /may not open/, /usermod/],
    ["busy", /Another program uses/, /Close/],
    ["boot", /did not enter its boot loader/, /Hold the board's button BOOT/],
    ["silent", /does not answer/, /Hold the board's button BOOT/],
  ])('explains the failure "%s" with a remedy', async (result, problem, remedy) => {
    const error = await failureOf(createFlasher(result).readChip());
    expect(error.step).toBe("the chip");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });
});

describe("writing to flash memory", () => {
  test("reports its progress and passes the board's arguments to esptool", async () => {
    const calls = path.join(await createTemporaryFolder(), "calls");
    const progress: number[] = [];
    const image = { ...IMAGE, extraArguments: ["--flash_mode", "dio"] };
    await createFlasher("", { FAKE_ESPTOOL_CALLS: calls }).write(image, (percent) => progress.push(percent));
    expect(progress.at(-1)).toBe(100);
    expect(JSON.parse(await readFile(calls, "utf8"))).toEqual([
      "--port",
      "/dev/ttyTEST0",
      "--baud",
      "460800",
      "write_flash",
      "--flash_mode",
      "dio",
      "0x1000",
      expect.stringMatching(/\.bin$/),
    ]);
  });

  test.each([
    ["baud", /interrupted.*noise/, /--baud 115200/],
    ["digest", /differs from the data sent/, /cable/],
    ["small", /flash memory is too small/, /docs\/reference\/hardware/],
  ])('explains the failure "%s" with a remedy', async (result, problem, remedy) => {
    const error = await failureOf(createFlasher(result).write(IMAGE, () => {}));
    expect(error.step).toBe("flashing");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });

  test("restarts a board that was not written, and leaves a written one alone", async () => {
    const calls = path.join(await createTemporaryFolder(), "calls");
    const flasher = createFlasher("", { FAKE_ESPTOOL_CALLS: calls });
    await flasher.readChip();
    await flasher.close();
    const last = (await readFile(calls, "utf8")).trim().split("\n").at(-1)!;
    expect(JSON.parse(last)).toEqual(expect.arrayContaining(["--before", "no_reset", "--after", "hard_reset"]));
    await flasher.write(IMAGE, () => {});
    await flasher.close();
    expect((await readFile(calls, "utf8")).trim().split("\n")).toHaveLength(3);
  });

  test("asks for a manual reset when the chip was put into its boot loader by hand", async () => {
    const work = createFlasher("by hand").write(IMAGE, () => {});
    await expect(work).rejects.toBeInstanceOf(ManualResetNeededError);
  });

  test("fails when esptool was removed in the meantime", async () => {
    const gone = createFlasher("", {}, "no-such-esptool");
    expect((await failureOf(gone.write(IMAGE, () => {}))).problem).toContain("ENOENT");
  });
});
