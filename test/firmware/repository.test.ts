import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../src/version.js";

const root = new URL("../../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const version = (name: string) => (JSON.parse(read(name)) as { version: string }).version;

describe("the repository", () => {
  it("has one version: package, server and firmware agree", () => {
    expect(VERSION).toBe(version("package.json"));
    expect(version("server/package.json")).toBe(VERSION);
    expect(read("CHANGELOG.md")).toContain(`## ${VERSION}`);
  });

  it("has one firmware entry for each board", () => {
    const boards = readdirSync(new URL("boards", root)).map((name) => name.replace(".board.json", ""));
    const entries = readdirSync(new URL("src", root)).filter((name) => /^main\w*\.ts$/.test(name));
    const bound = entries.map((name) => /@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]);
    expect(bound.sort()).toEqual(boards.sort());
    for (const [i, name] of entries.sort().entries()) expect([i, read(`src/${name}`)]).toEqual([i, expect.stringContaining(`name: "${/@dsboard\/(\w+)"/.exec(read(`src/${name}`))?.[1]}"`)]); // prettier-ignore
  });

  it("reads light on analogue pins, and uses no pin that decides how the chip boots", () => {
    // Espressif's datasheets: ADC1 pins, which work while Wi-Fi is on, and strapping pins
    const chips: Record<string, { adc: number[]; strapping: number[] }> = {
      esp32: { adc: [32, 33, 34, 35, 36, 39], strapping: [0, 2, 5, 12, 15] },
      esp32c3: { adc: [0, 1, 2, 3, 4], strapping: [2, 8, 9] },
    };
    for (const name of readdirSync(new URL("boards", root))) {
      const board = JSON.parse(read(`boards/${name}`)) as {
        archId: string;
        pins: Record<string, number>;
        $services: { name: string; pin: string }[];
      };
      const gpio = (service: string) => board.pins[board.$services.find((s) => s.name === service)?.pin ?? ""];
      const chip = chips[board.archId];
      expect(chip.adc, `${name}: light`).toContain(gpio("light"));
      expect(chip.strapping, `${name}: light`).not.toContain(gpio("light"));
      expect([...chip.strapping, ...(board.archId === "esp32" ? [34, 35, 36, 39] : [])], `${name}: lamp`).not.toContain(gpio("lamp")); // prettier-ignore
    }
  });
});
