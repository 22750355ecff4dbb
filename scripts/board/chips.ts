/**
 * The pins of each supported chip: which can read a sensor, which can drive a lamp, and which are reserved.
 *
 * Sources: the datasheets of ESP32, ESP32-S2, ESP32-S3 and ESP32-C3 (Espressif; "Strapping Pins", "ADC", "Pin Overview") and
 * the tables at https://docs.espressif.com/projects/esp-idf/en/latest/<chip>/api-reference/peripherals/gpio.html.
 */

/** A chip with Wi-Fi that DeviceScript runs on. Pins are GPIO numbers. */
export interface Chip {
  readonly name: string;
  /** GPIO numbers of all pins of the chip. */
  readonly pins: readonly number[];
  /** Analog pins of the first converter: they work with Wi-Fi, and DeviceScript reads no others (its main/adc.c). */
  readonly adc1: readonly number[];
  /** Analog pins of the second converter: DeviceScript cannot read them, so a light sensor does not work there. */
  readonly adc2: readonly number[];
  /** Pins that cannot be outputs, so they cannot drive a lamp. */
  readonly inputOnly: readonly number[];
  /** Pins that nothing may be wired to. When several entries contain a pin, error messages give the reason of the first. */
  readonly reserved: readonly ReservedPins[];
}

/** Pins that a board needs for another purpose. */
export interface ReservedPins {
  readonly pins: readonly number[];
  /** The reason, as the end of a sentence that begins with "it", such as "is wired to the flash memory". */
  readonly why: string;
}

const STRAPPING_REASON =
  "decides at every reset how the chip boots (a strapping pin), and a part on it could keep the chip from booting";
const FLASH_REASON = "is wired to the flash memory";
const USB_REASON = "is a USB line, which flashing and the log need";
const CONSOLE_REASON =
  "is a line of UART0, where the chip prints while it boots, and over which many boards are flashed";

/** The supported chips by DeviceScript's name (`archId`). */
export const CHIPS: Readonly<Record<string, Chip>> = {
  esp32: {
    name: "ESP32",
    pins: parseGpios("0-19,21-23,25-27,32-39"),
    adc1: parseGpios("32-39"),
    adc2: parseGpios("0,2,4,12-15,25-27"),
    inputOnly: parseGpios("34-39"),
    reserved: [
      { pins: parseGpios("0,2,5,12,15"), why: STRAPPING_REASON },
      { pins: parseGpios("6-11"), why: FLASH_REASON },
      { pins: parseGpios("16,17"), why: "is wired to the PSRAM of modules with PSRAM" },
      { pins: parseGpios("1,3"), why: CONSOLE_REASON },
    ],
  },
  esp32s2: {
    name: "ESP32-S2",
    pins: parseGpios("0-21,26-46"),
    adc1: parseGpios("1-10"),
    adc2: parseGpios("11-20"),
    inputOnly: parseGpios("46"),
    reserved: [
      { pins: parseGpios("0,45,46"), why: STRAPPING_REASON },
      { pins: parseGpios("26-32"), why: FLASH_REASON },
      { pins: parseGpios("19,20"), why: USB_REASON },
      { pins: parseGpios("43,44"), why: CONSOLE_REASON },
    ],
  },
  esp32s3: {
    name: "ESP32-S3",
    pins: parseGpios("0-21,26-48"),
    adc1: parseGpios("1-10"),
    adc2: parseGpios("11-20"),
    inputOnly: [],
    reserved: [
      { pins: parseGpios("0,3,45,46"), why: STRAPPING_REASON },
      { pins: parseGpios("26-32"), why: FLASH_REASON },
      { pins: parseGpios("33-37"), why: "is wired to the memory of modules with octal flash or PSRAM" },
      { pins: parseGpios("19,20"), why: USB_REASON },
      { pins: parseGpios("43,44"), why: CONSOLE_REASON },
    ],
  },
  esp32c3: {
    name: "ESP32-C3",
    pins: parseGpios("0-21"),
    adc1: parseGpios("0-4"),
    adc2: parseGpios("5"),
    inputOnly: [],
    reserved: [
      { pins: parseGpios("2,8,9"), why: STRAPPING_REASON },
      { pins: parseGpios("11"), why: "feeds the flash memory (VDD_SPI)" },
      { pins: parseGpios("12-17"), why: FLASH_REASON },
      { pins: parseGpios("18,19"), why: USB_REASON },
      { pins: parseGpios("20,21"), why: CONSOLE_REASON },
    ],
  },
};

/** Parses ranges of GPIO numbers: `"0-2,9"` gives 0, 1, 2, 9. */
function parseGpios(ranges: string): number[] {
  return ranges.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
