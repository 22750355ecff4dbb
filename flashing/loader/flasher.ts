/** The connection to a chip's boot loader, for flashing. One class uses esptool-js, another one Espressif's esptool. */
import type { BaudRateConfigurablePort } from "esptool-js";
import type { Image } from "../board-image.js";

/** A port as the Web Serial API defines it. The baud rate of some can change while they are open. */
export type WebSerialPort = SerialPort | BaudRateConfigurablePort;

/** A connection to a chip's boot loader. */
export interface Flasher {
  /**
   * Reads the type of the chip, as DeviceScript names it, such as `esp32c3`.
   * @throws StepError when no chip answers
   */
  readChip(): Promise<string>;
  /**
   * Writes an image to flash memory, compares the checksum of what was written, and restarts the board.
   * @param progress receives the percentage written, 0..100
   * @throws StepError when the image was not written completely
   * @throws ManualResetNeededError when the image was written, but the board needs a manual reset
   */
  write(image: Image, progress: (percent: number) => void): Promise<void>;
  /** Ends the connection. Never rejects. */
  close(): Promise<void>;
}

/** Thrown after a successful write when only the button RESET can restart the board. */
export class ManualResetNeededError extends Error {}

/** What to do about a chip whose boot loader does not answer. */
export const BOOT_ADVICE =
  "Hold the board's button BOOT (or IO0, B), press and release RESET (or unplug the board and plug it in again), release BOOT, and try again.";

/** Returns the chip's name for people: `ESP32-C3` for `esp32c3`. */
export const chipNameOf = (arch: string): string => arch.toUpperCase().replace(/^(ESP32)(?=.)/, "$1-");
