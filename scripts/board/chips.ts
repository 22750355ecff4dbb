/**
 * What the pins of each chip can do, and which of them are spoken for.
 *
 * Sources: the datasheets of ESP32, ESP32-S2, ESP32-S3 and ESP32-C3 (Espressif; "Strapping Pins", "ADC", "Pin Overview") and
 * the tables at https://docs.espressif.com/projects/esp-idf/en/latest/<chip>/api-reference/peripherals/gpio.html.
 */

/** A chip that DeviceScript runs on and that has Wi-Fi; pins by their GPIO number. */
export interface Chip {
  readonly name: string;
  /** The pins that there are. */
  readonly pins: readonly number[];
  /** Pins that can be read while Wi-Fi is on, and the only ones that DeviceScript reads (its main/adc.c). */
  readonly adc1: readonly number[];
  readonly adc2: readonly number[];
  /** Pins that can never be driven. */
  readonly inputOnly: readonly number[];
  /** Pins that nothing may be wired to, by what they are needed for: the first reason counts. */
  readonly taken: readonly Taken[];
}

export interface Taken {
  readonly pins: readonly number[];
  /** Completes the sentence "it …". */
  readonly why: string;
}

const STRAPPING =
  "decides at every reset how the chip boots (a strapping pin), and what is wired to it could keep it from booting";
const FLASH = "is wired to the flash memory";
const USB = "is a USB line, which flashing and the log need";
const CONSOLE = "is a line of UART0, on which the chip prints while it boots, and by which many boards are flashed";

/** The chips by DeviceScript's name for them (`archId`). */
export const CHIPS: Readonly<Record<string, Chip>> = {
  esp32: {
    name: "ESP32",
    pins: gpios("0-19,21-23,25-27,32-39"),
    adc1: gpios("32-39"),
    adc2: gpios("0,2,4,12-15,25-27"),
    inputOnly: gpios("34-39"),
    taken: [
      { pins: gpios("0,2,5,12,15"), why: STRAPPING },
      { pins: gpios("6-11"), why: FLASH },
      { pins: gpios("16,17"), why: "is wired to the PSRAM of modules that have any" },
      { pins: gpios("1,3"), why: CONSOLE },
    ],
  },
  esp32s2: {
    name: "ESP32-S2",
    pins: gpios("0-21,26-46"),
    adc1: gpios("1-10"),
    adc2: gpios("11-20"),
    inputOnly: gpios("46"),
    taken: [
      { pins: gpios("0,45,46"), why: STRAPPING },
      { pins: gpios("26-32"), why: FLASH },
      { pins: gpios("19,20"), why: USB },
      { pins: gpios("43,44"), why: CONSOLE },
    ],
  },
  esp32s3: {
    name: "ESP32-S3",
    pins: gpios("0-21,26-48"),
    adc1: gpios("1-10"),
    adc2: gpios("11-20"),
    inputOnly: [],
    taken: [
      { pins: gpios("0,3,45,46"), why: STRAPPING },
      { pins: gpios("26-32"), why: FLASH },
      { pins: gpios("33-37"), why: "is wired to the memory of modules with octal flash or PSRAM" },
      { pins: gpios("19,20"), why: USB },
      { pins: gpios("43,44"), why: CONSOLE },
    ],
  },
  esp32c3: {
    name: "ESP32-C3",
    pins: gpios("0-21"),
    adc1: gpios("0-4"),
    adc2: gpios("5"),
    inputOnly: [],
    taken: [
      { pins: gpios("2,8,9"), why: STRAPPING },
      { pins: gpios("11"), why: "feeds the flash memory (VDD_SPI)" },
      { pins: gpios("12-17"), why: FLASH },
      { pins: gpios("18,19"), why: USB },
      { pins: gpios("20,21"), why: CONSOLE },
    ],
  },
};

/** `"0-2,9"` to 0, 1, 2, 9. */
function gpios(ranges: string): number[] {
  return ranges.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
