import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBoards } from "../../scripts/board/board.js";
import { createHardwarePage } from "../../scripts/board/hardware-page.js";
import { runBoardCommand } from "../../scripts/board/run.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { compile } from "../support/firmware.js";
import { readFirmwareSources } from "./support/sources.js";

let root: string;

/** Runs `npm run board -- …` in the copy of the repository. */
async function runBoard(...args: string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = [];
  const code = await runBoardCommand(args, root, (line) => lines.push(line));
  return { code, output: lines.join("\n") };
}

/** Returns the text of every file in the copy of the repository, by path. */
function readAllFiles(): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map(({ parentPath, name }) => [
      path.join(parentPath, name),
      readFileSync(path.join(parentPath, name), "utf8"),
    ]),
  );
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightlight-boards-"));
  mkdirSync(path.join(root, "docs"));
  for (const name of ["boards", "src", "docs/boards", "docs/reference/hardware.md"])
    cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("npm run board -- add", () => {
  it("adds a board file, an entry file that compiles, and the wiring in the docs; then the check passes", async () => {
    const name = "nightlight_rust_devkit";
    const args = ["--base", "esp32c3_rust_devkit", "--light", "GPIO3", "--lamp", "GPIO6", "--title", "ESP32-C3 Rust"];
    const { code, output } = await runBoard("add", "rust_devkit", ...args);
    expect(output).toContain("wrote boards/nightlight_rust_devkit.board.json");
    expect(code).toBe(0);
    for (const file of [`boards/${name}.board.json`, "src/main_rust_devkit.ts"])
      expect(existsSync(path.join(root, file)), file).toBe(true);
    const page = readFileSync(path.join(root, "docs/reference/hardware.md"), "utf8");
    expect(page).toContain("| [ESP32-C3 Rust](#esp32-c3-rust) | ESP32-C3 | GPIO3 | GPIO6 |");
    expect(page).toContain("### ESP32-C3 Rust\n\n| from | to |");
    expect(page).toContain("| 330 Ω, then the LED's long leg | P6 (GPIO6) |");

    const checked = await runBoard("check");
    expect(checked.output).toContain(`ok     ${name}`);
    expect(checked.code).toBe(0);
    expect((await runBoard("list")).output).toMatch(/^nightlight_rust_devkit +ESP32-C3 +light P3 +lamp P6 +src\/main_rust_devkit\.ts +ESP32-C3 Rust$/m); // prettier-ignore

    const bytecode = await compile({
      ...readFirmwareSources(root, "main_rust_devkit"),
      [`boards/${name}.board.json`]: readFileSync(path.join(root, `boards/${name}.board.json`), "utf8"),
    });
    expect(bytecode.length).toBeGreaterThan(1000);
  });

  it("describes the wiring of Grove modules with --parts grove", async () => {
    const args = ["--base", "seeed_xiao_esp32c3", "--light", "A2", "--lamp", "D5", "--parts", "grove"];
    expect((await runBoard("add", "xiao_two", ...args)).code).toBe(0);
    const page = readFileSync(path.join(root, "docs/reference/hardware.md"), "utf8");
    expect(page).toContain("| Grove light sensor: SIG (yellow) | A2_D2 (GPIO4) |");
  });

  it.each([
    [["nope", "--base", "nope", "--light", "P3", "--lamp", "P10"], /DeviceScript knows no board "nope"[^]*esp32, esp32s2, esp32s3, esp32c3[^]*esp32c3_supermini +ESP32-C3 SuperMini/], // prettier-ignore
    [["a_pico", "--base", "pico_w", "--light", "GP26", "--lamp", "GP2"], /does not run on "rp2040w": it needs Wi-Fi/],
    [["two", "--base", "esp32", "--light", "P25", "--lamp", "P35"], /Its light sensor cannot be on P25 \(GPIO25\): it belongs to ADC2[^]*It can be on P32, P33, P34, P36 or P39\.\nIts lamp cannot be on P35 \(GPIO35\): it is an input only/], // prettier-ignore
    [["two", "--base", "esp32c3", "--light", "A7", "--lamp", "P10"], /--light A7: no pin, or more than one, has that name on this board\. It can be on P0, P1, P3 or P4\./], // prettier-ignore
    [["Two!", "--base", "esp32c3", "--light", "P3", "--lamp", "P10"], /"Two!" cannot be the name of a board/],
    [["x".repeat(60), "--base", "esp32c3", "--light", "P3", "--lamp", "P10"], /is too long: use at most 53 characters/],
    [["esp32_devkitc", "--base", "esp32", "--light", "P34", "--lamp", "P25"], /There is a boards\/nightlight_esp32_devkitc\.board\.json already/], // prettier-ignore
  ])("refuses %j with a reason, and writes nothing", async (args, reason) => {
    const before = readAllFiles();
    const { code, output } = await runBoard("add", ...args);
    expect(output).toMatch(reason);
    expect(code).toBe(1);
    expect(readAllFiles()).toEqual(before);
  });

  it("reports missing flags and unknown commands with exit code 2", async () => {
    expect(await runBoard("add", "two", "--base", "esp32c3", "--light", "P3")).toEqual({
      code: 2,
      output: "required option '--lamp <pin>' not specified; see npm run board -- --help",
    });
    expect(await runBoard()).toMatchObject({ code: 2, output: expect.stringContaining("Usage: npm run board -- ") });
    expect((await runBoard("ad")).output).toMatch(/unknown command 'ad'/);
    const help = await runBoard("--help");
    expect(help.code).toBe(0);
    expect(help.output).toMatch(/ list [^]* check [^]* add /);
  });
});

describe("npm run board -- check", () => {
  /** Replaces a text in a file, runs the check, and restores the file. Returns the output of the check. */
  async function checkWith(name: string, from: string, to: string): Promise<string> {
    const file = path.join(root, name);
    const text = readFileSync(file, "utf8");
    expect(text).toContain(from);
    writeFileSync(file, text.replaceAll(from, to));
    try {
      const { code, output } = await runBoard("check");
      expect(code).toBe(1);
      return output;
    } finally {
      writeFileSync(file, text);
    }
  }

  it("finds a drawing whose GPIO numbers differ from the board file", async () => {
    expect(await checkWith("docs/boards/nightlight_qt_py_esp32c3.svg", "(GPIO10)", "(GPIO7)")).toContain(
      "WRONG  nightlight_qt_py_esp32c3: docs/boards/nightlight_qt_py_esp32c3.svg does not show the lamp on (GPIO10).",
    );
  });

  it("finds a wiring section that is missing or whose GPIO numbers differ from the board file", async () => {
    expect(await checkWith("docs/reference/hardware.md", "### Adafruit QT Py", "### Another QT Py")).toContain(
      'WRONG  nightlight_qt_py_esp32c3: docs/reference/hardware.md has no section "### Adafruit QT Py ESP32-C3"',
    );
    expect(await checkWith("docs/reference/hardware.md", "A1 (GPIO3)", "A0 (GPIO4)")).toContain(
      "WRONG  nightlight_qt_py_esp32c3: Its section in docs/reference/hardware.md does not show the light sensor on (GPIO3).",
    );
  });

  it("finds a table of boards that is out of date, which npm run docs repairs", async () => {
    const row = "ESP32-C3 | GPIO3 | GPIO10 | `src/main_qt_py_esp32c3.ts`";
    expect(await checkWith("docs/reference/hardware.md", row, row.replace("GPIO10", "GPIO7"))).toContain(
      "WRONG  docs/reference/hardware.md: Its table of boards is out of date: run npm run docs.",
    );
    expect(await createHardwarePage(root, await loadBoards(root))).toBe(
      readFileSync(path.join(root, "docs/reference/hardware.md"), "utf8"),
    );
  });
});
