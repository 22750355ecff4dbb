import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBoardCommand } from "../../scripts/board.js";
import { ROOT } from "../../scripts/build.js";
import { compile } from "../support/firmware.js";
import { firmwareSources } from "./support/sources.js";

let root: string;

/** Runs `npm run board -- …` in the copy of the repository. */
async function board(...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const code = await runBoardCommand(args, root, (line) => said.push(line));
  return { code, said: said.join("\n") };
}

/** All files of the copy, with what is in them. */
function everything(): Record<string, string> {
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
  it("adds a board by one command: file, firmware, drawing and lines in the docs, and all of it passes the checks", async () => {
    const name = "nightlight_rust_devkit";
    const args = ["--base", "esp32c3_rust_devkit", "--light", "GPIO3", "--lamp", "GPIO6", "--title", "ESP32-C3 Rust"];
    const { code, said } = await board("add", "rust_devkit", ...args);
    expect(said).toContain("wrote boards/nightlight_rust_devkit.board.json");
    expect(code).toBe(0);
    for (const file of [`boards/${name}.board.json`, "src/main_rust_devkit.ts", `docs/boards/${name}.svg`])
      expect(existsSync(path.join(root, file)), file).toBe(true);
    const page = readFileSync(path.join(root, "docs/reference/hardware.md"), "utf8");
    expect(page).toContain("| [ESP32-C3 Rust](#esp32-c3-rust) | ESP32-C3 |");
    expect(page).toContain(`](../boards/${name}.svg)`);

    const checked = await board("check");
    expect(checked.said).toContain(`ok     ${name}`);
    expect(checked.code).toBe(0);
    expect((await board("list")).said).toMatch(/^nightlight_rust_devkit +ESP32-C3 +light P3 +lamp P6 +src\/main_rust_devkit\.ts +ESP32-C3 Rust$/m); // prettier-ignore

    // what was written for it, compiled by DeviceScript's own compiler
    const bytecode = await compile({
      ...firmwareSources(root, "main_rust_devkit"),
      [`boards/${name}.board.json`]: readFileSync(path.join(root, `boards/${name}.board.json`), "utf8"),
    });
    expect(bytecode.length).toBeGreaterThan(1000);
  });

  it("draws a board as the one that was described before and made from the same", async () => {
    const { code, said } = await board("add", "xiao_two", "--base", "seeed_xiao_esp32c3", "--light", "A2", "--lamp", "D5"); // prettier-ignore
    expect(said).toContain("wrote docs/boards/nightlight_xiao_two.svg");
    expect(code).toBe(0);
    const drawing = readFileSync(path.join(root, "docs/boards/nightlight_xiao_two.svg"), "utf8");
    expect(drawing).toContain("the light sensor at D2 (GPIO4), the lamp at D5 (GPIO7)");
    expect(drawing).not.toContain("the order of the pins is not");
    expect(readFileSync(path.join(root, "docs/boards/nightlight_rust_devkit.svg"), "utf8")).toContain("the order of the pins is not"); // prettier-ignore
  });

  it.each([
    [["nope", "--base", "nope", "--light", "P3", "--lamp", "P10"], /DeviceScript knows no board "nope"[^]*esp32, esp32s2, esp32s3, esp32c3[^]*esp32c3_supermini +ESP32-C3 SuperMini/], // prettier-ignore
    [["a_pico", "--base", "pico_w", "--light", "GP26", "--lamp", "GP2"], /does not run on "rp2040w": it needs Wi-Fi/],
    [["two", "--base", "esp32", "--light", "P25", "--lamp", "P35"], /Its light sensor cannot be on P25 \(GPIO25\): it belongs to ADC2[^]*It can be on P32, P33, P34, P36 or P39\.\nIts lamp cannot be on P35 \(GPIO35\): it can be read, but not driven/], // prettier-ignore
    [["two", "--base", "esp32c3", "--light", "A7", "--lamp", "P10"], /--light A7: this board has no one pin of that name\. It can be on P0, P1, P3 or P4\./], // prettier-ignore
    [["Two!", "--base", "esp32c3", "--light", "P3", "--lamp", "P10"], /"Two!" is no name for a board/],
    [["x".repeat(60), "--base", "esp32c3", "--light", "P3", "--lamp", "P10"], /is too long: 53 characters at most/],
    [["esp32_devkitc", "--base", "esp32", "--light", "P34", "--lamp", "P25"], /There is a boards\/nightlight_esp32_devkitc\.board\.json already/], // prettier-ignore
  ])("refuses %j, says why, and writes nothing", async (args, reason) => {
    const before = everything();
    const { code, said } = await board("add", ...args);
    expect(said).toMatch(reason);
    expect(code).toBe(1);
    expect(everything()).toEqual(before);
  });

  it("says what is missing on the command line", async () => {
    expect(await board("add", "two", "--base", "esp32c3", "--light", "P3")).toEqual({
      code: 2,
      said: "required option '--lamp <pin>' not specified; see npm run board -- --help",
    });
    expect(await board()).toMatchObject({ code: 2, said: expect.stringContaining("Usage: npm run board -- ") });
    expect((await board("ad")).said).toMatch(/unknown command 'ad'/);
    const help = await board("--help");
    expect(help.code).toBe(0);
    expect(help.said).toMatch(/ list [^]* check [^]* draw [^]* add /);
  });
});

describe("npm run board -- check", () => {
  it("finds a drawing that is not of the board as it is, and draw makes it anew", async () => {
    const file = path.join(root, "docs/boards/nightlight_qt_py_esp32c3.svg");
    const before = readFileSync(file, "utf8");
    cpSync(path.join(root, "docs/boards/nightlight_xiao_esp32c3.svg"), file);
    const { code, said } = await board("check");
    expect(code).toBe(1);
    expect(said).toContain("WRONG  docs/boards/nightlight_qt_py_esp32c3.svg: It is out of date: npm run board -- draw");
    expect(await board("draw")).toEqual({ code: 0, said: "wrote docs/boards/nightlight_qt_py_esp32c3.svg" });
    expect(readFileSync(file, "utf8")).toBe(before);
    expect((await board("draw")).said).toBe("everything is up to date");
  });
});
