import { describe, expect, it } from "vitest";
import { loadBoards, type BoardFile, type Role } from "../../scripts/board/board.js";
import { checkBoards } from "../../scripts/board/check.js";
import { CHIPS } from "../../scripts/board/chips.js";
import { findPin, findPinProblems, findPossiblePins } from "../../scripts/board/pins.js";
import { ROOT } from "../../scripts/lib/repository.js";

const boards = await loadBoards(ROOT);

/** Returns a board file on which every GPIO has a label, with light sensor and lamp on valid pins. */
function createBoardFile(
  archId: keyof typeof VALID_PINS,
  change: Partial<Record<Role, number>> = {},
  more: object = {},
): BoardFile {
  const gpio = { ...VALID_PINS[archId], ...change };
  return {
    archId,
    devName: "a board",
    productId: "0x30000000",
    pins: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`P${i}`, i])),
    $services: [
      { service: "analog:lightLevel", name: "light", pin: `P${gpio.light}` },
      { service: "lightBulb", name: "lamp", pin: `P${gpio.lamp}` },
    ],
    ...more,
  };
}

/** A valid pin for the light sensor and for the lamp, by chip. */
const VALID_PINS = {
  esp32: { light: 34, lamp: 25 },
  esp32s2: { light: 8, lamp: 13 },
  esp32s3: { light: 4, lamp: 5 },
  esp32c3: { light: 3, lamp: 10 },
};

describe("the boards of this repository", () => {
  it("pass npm run board -- check: pins, firmware, drawings and docs", async () => {
    const found = await checkBoards(ROOT, boards);
    expect([...found].filter(([, problems]) => problems.length > 0)).toEqual([]);
  });
});

describe("the status LED", () => {
  it.each([
    ["nightlight_esp32_devkitc", true],
    // the LED of a SuperMini is connected between 3.3 V and the pin, so a low level lights it
    ["nightlight_esp32c3_supermini", undefined],
  ])("of %s is lit by a high level: %s", (name, activeHigh) => {
    const { file } = boards.find((board) => board.name === name)!;
    expect((file.led as { activeHigh?: boolean }).activeHigh).toBe(activeHigh);
  });
});

describe("a light sensor", () => {
  it.each([
    ["esp32", [32, 33, 34, 35, 36, 37, 38, 39]],
    ["esp32s2", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    // GPIO3 is left out, because it is a strapping pin
    ["esp32s3", [1, 2, 4, 5, 6, 7, 8, 9, 10]],
    // GPIO2 is left out, because it is a strapping pin
    ["esp32c3", [0, 1, 3, 4]],
  ] as const)("of an %s may be on the ADC1 pins, except strapping pins", (archId, gpios) => {
    // puts the lamp of the ESP32-S3 on GPIO21, so that every ADC1 pin is free for the sensor
    const file = createBoardFile(archId, { lamp: archId === "esp32s3" ? 21 : VALID_PINS[archId].lamp });
    const lamp = `P${VALID_PINS[archId].lamp}`;
    const expected = gpios.map((gpio) => `P${gpio}`);
    expect(findPossiblePins(file, "light")).toEqual(expected.filter((pin) => archId === "esp32s3" || pin !== lamp));
  });

  it.each([
    ["esp32", 27, "it belongs to ADC2, which Wi-Fi needs for itself and DeviceScript does not read"],
    ["esp32", 4, "it belongs to ADC2"],
    ["esp32s2", 18, "it belongs to ADC2"],
    ["esp32c3", 5, "it belongs to ADC2"],
    ["esp32c3", 10, "the lamp is there"],
    ["esp32c3", 7, "it is not an analog pin"],
    ["esp32c3", 2, "decides at every reset how the chip boots (a strapping pin)"],
    ["esp32s3", 3, "a strapping pin"],
    ["esp32", 24, "an ESP32 has no GPIO24"],
  ] as const)("of an %s is refused on GPIO%i with a reason", (archId, light, reason) => {
    const [problem, ...others] = findPinProblems(createBoardFile(archId, { light }));
    expect(problem).toContain(`Its light sensor cannot be on P${light} (GPIO${light}): `);
    expect(problem).toContain(reason);
    expect(problem).toMatch(/ It can be on P\d+.* or P\d+\.$/);
    expect(others.filter((other) => !other.includes("the light sensor is there"))).toEqual([]);
  });
});

describe("a lamp", () => {
  it.each([
    ["esp32", [0, 2, 5, 12, 15], "a strapping pin"],
    ["esp32", [6, 7, 8, 9, 10, 11], "is wired to the flash memory"],
    ["esp32", [16, 17], "PSRAM"],
    ["esp32", [1, 3], "UART0"],
    ["esp32", [35, 36, 39], "it is an input only"],
    ["esp32s2", [0, 45, 46], "a strapping pin"],
    ["esp32s2", [26, 29, 32], "is wired to the flash memory"],
    ["esp32s2", [19, 20], "is a USB line"],
    ["esp32s2", [43, 44], "UART0"],
    ["esp32s3", [0, 3, 45, 46], "a strapping pin"],
    ["esp32s3", [26, 32], "is wired to the flash memory"],
    ["esp32s3", [33, 37], "octal flash or PSRAM"],
    ["esp32s3", [19, 20], "is a USB line"],
    ["esp32c3", [2, 8, 9], "a strapping pin"],
    ["esp32c3", [11, 12, 17], "flash memory"],
    ["esp32c3", [18, 19], "is a USB line"],
    ["esp32c3", [20, 21], "UART0"],
  ] as const)("of an %s is refused on GPIO %j: %s", (archId, gpios, reason) => {
    for (const lamp of gpios) {
      const problems = findPinProblems(createBoardFile(archId, { lamp })).join("\n");
      expect(problems).toContain(`Its lamp cannot be on P${lamp} (GPIO${lamp}): `);
      expect(problems).toContain(reason);
    }
  });

  it("is refused on pins that the board uses itself: status LED, connectors, switches", () => {
    const own = { led: { pin: "P4" }, i2c: { pinSDA: 5, pinSCL: "P6" }, sPin: { P7: 1 } };
    const findProblemsWithLampOn = (lamp: number) =>
      findPinProblems(createBoardFile("esp32c3", { lamp }, own)).join("\n");
    expect(findProblemsWithLampOn(4)).toContain("it is in use on the board itself (led.pin)");
    expect(findProblemsWithLampOn(5)).toContain("it is in use on the board itself (i2c.pinSDA)");
    expect(findProblemsWithLampOn(6)).toContain("it is in use on the board itself (i2c.pinSCL)");
    expect(findProblemsWithLampOn(7)).toContain("it is in use on the board itself (sPin.P7)");
    expect(findProblemsWithLampOn(10)).toBe("");
  });
});

describe("a pin", () => {
  it("is found by its label, by a printed part of the label, or by its GPIO, and otherwise not at all", () => {
    const { file } = boards.find(({ name }) => name === "nightlight_xiao_esp32c3")!;
    expect(["A1_D1", "a1", "D1", "GPIO3", "gpio10"].map((text) => findPin(file, text))).toEqual([
      "A1_D1",
      "A1_D1",
      "A1_D1",
      "A1_D1",
      "MOSI_D10",
    ]);
    expect(["3", "", "A9", "GPIO99", "D"].map((text) => findPin(file, text))).toEqual(Array(5).fill(undefined));
  });

  it("is in the chip's list of pins whenever another list has it, and in one ADC list only", () => {
    for (const chip of Object.values(CHIPS)) {
      const known = new Set(chip.pins);
      const all = [...chip.adc1, ...chip.adc2, ...chip.inputOnly, ...chip.reserved.flatMap(({ pins }) => pins)];
      expect(all.filter((gpio) => !known.has(gpio))).toEqual([]);
      expect(chip.adc1.filter((gpio) => chip.adc2.includes(gpio))).toEqual([]);
    }
  });
});
