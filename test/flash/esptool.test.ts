import { chmod, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { chipIn, readChip, ResetByHand, writeFlash, type Target } from "../../scripts/flash/chip.js";
import { findEsptool } from "../../scripts/flash/esptool.js";
import { failure } from "./support/failure.js";
import { ESPTOOL, temporaryFolder } from "./support/project.js";

/** A PATH on which there is one esptool of this version, if any, and no Python. */
async function pathWith(version?: string): Promise<NodeJS.ProcessEnv> {
  const folder = await temporaryFolder();
  if (version) {
    const file = path.join(folder, "esptool.py");
    const source = (await readFile(ESPTOOL, "utf8")).replace("/usr/bin/env node", process.execPath);
    // a script without an ending that Node knows is CommonJS unless its folder says otherwise
    await writeFile(path.join(folder, "esptool.mjs"), source);
    await writeFile(file, `#!${process.execPath}\nimport("./esptool.mjs");\n`);
    await chmod(file, 0o755);
  }
  return { PATH: folder, STANDIN_VERSION: version };
}

const target = (plays: string, more: Record<string, string> = {}): Target => ({
  esptool: { command: process.execPath, args: [ESPTOOL], version: "4.8.1" },
  port: "/dev/ttyTEST0",
  baud: 460_800,
  env: { ...process.env, STANDIN_PLAYS: plays, ...more },
});

describe.skipIf(process.platform === "win32")("esptool on PATH", () => {
  test.each(["4.5", "4.8.1", "4.11.0"])("%s will do", async (version) => {
    expect(await findEsptool(undefined, await pathWith(version))).toEqual({ command: "esptool.py", args: [], version });
  });

  test.each(["4.4.1", "3.3", "5.0.0", "5.1.dev1"])("%s will not, and it says which one will", async (version) => {
    const error = await failure(findEsptool(undefined, await pathWith(version)));
    expect(error.problem).toContain(`esptool.py is version ${version}`);
    expect(error.remedy).toContain('"esptool>=4.5,<5"');
  });

  test("none at all: it says how to install it", async () => {
    const error = await failure(findEsptool(undefined, await pathWith()));
    expect(error.problem).toContain("not found");
    expect(error.remedy).toContain("pip install");
  });
});

describe("the chip", () => {
  test.each([
    ["Detecting chip type... ESP32-C3\nChip is ESP32-C3 (QFN32) (revision v0.3)", "esp32c3"],
    [
      "Detecting chip type... Unsupported detection protocol, switching and trying again...\nDetecting chip type... ESP32",
      "esp32",
    ],
    ["Detecting chip type... ESP32-S2\r\nChip is ESP32-S2FNR2 (revision v0.0)", "esp32s2"],
  ])("is read from what esptool says of it", (output, chip) => {
    expect(chipIn(output)).toBe(chip);
  });

  test.each([
    ["permission", /may not open/, /usermod/],
    ["busy", /Another program uses/, /Close/],
    ["boot", /did not go into its boot loader/, /Hold the button BOOT/],
    ["silent", /does not answer/, /Hold the button BOOT/],
  ])("cannot be read (%s): it says what to do", async (plays, problem, remedy) => {
    const error = await failure(readChip(target(plays)));
    expect(error.step).toBe("the chip");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });
});

describe("writing", () => {
  test("tells how much is done, and passes on what a board needs", async () => {
    const calls = path.join(await temporaryFolder(), "calls");
    const progress: number[] = [];
    await writeFlash(target("", { STANDIN_CALLS: calls }), "0x1000", ESPTOOL, ["--flash_mode", "dio"], (percent) =>
      progress.push(percent),
    );
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
      ESPTOOL,
    ]);
  });

  test.each([
    ["baud", /broke off.*noise/, /--baud 115200/],
    ["digest", /not what was sent/, /cable/],
    ["small", /flash memory is too small/, /docs\/hardware/],
  ])("fails (%s): it says what to do", async (plays, problem, remedy) => {
    const error = await failure(writeFlash(target(plays), "0x0", ESPTOOL, [], () => {}));
    expect(error.step).toBe("flashing");
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toMatch(remedy);
  });

  test("a chip that was put into its boot loader by hand is written, and must be reset by hand", async () => {
    const work = writeFlash(target("by hand"), "0x0", ESPTOOL, [], () => {});
    await expect(work).rejects.toBeInstanceOf(ResetByHand);
  });

  test("an esptool that is gone by then is a failure like any other", async () => {
    const gone = { ...target(""), esptool: { command: "no-such-esptool", args: [], version: "4.8.1" } };
    expect((await failure(writeFlash(gone, "0x0", ESPTOOL, [], () => {}))).problem).toContain("ENOENT");
  });
});
