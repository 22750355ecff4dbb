/**
 * Watchdogs and restart of chips whose USB port is part of the chip: ESP32-S2 (USB-OTG), ESP32-S3 and ESP32-C3
 * (USB-Serial-JTAG).
 *
 * Sources of registers and bits: esptool's esptool/targets/esp32s2.py, esp32s3.py and esp32c3.py.
 */
import type { ESPLoader } from "esptool-js";

/** USB vendor id of Espressif, which all ports that are part of a chip have. */
export const ESPRESSIF_VENDOR = 0x303a;
/** USB product id of a chip's USB-Serial-JTAG port. */
const USB_SERIAL_JTAG_PRODUCT = 0x1001;

const WATCHDOG_KEY = 0x50d83aa1;
const SUPER_WATCHDOG_KEY = 0x8f1d312a;
const SUPER_WATCHDOG_AUTO_FEED = 1 << 31;

/** Addresses of the registers that control the watchdogs. */
const WATCHDOGS: Readonly<
  Record<string, { config: number; protect: number; superConfig: number; superProtect: number }>
> = {
  // prettier-ignore
  "ESP32-C3": { config: 0x60008090, protect: 0x600080a8, superConfig: 0x600080ac, superProtect: 0x600080b0 },
  "ESP32-S3": { config: 0x60008098, protect: 0x600080b0, superConfig: 0x600080b4, superProtect: 0x600080b8 },
};

/** Addresses of the registers that tell how the chip came into its boot loader. */
const BOOT_MODES: Readonly<Record<string, { strap: number; option: number }>> = {
  "ESP32-S2": { strap: 0x3f404038, option: 0x3f408128 },
  "ESP32-S3": { strap: 0x60004038, option: 0x6000812c },
};
/** Bit of `strap`: zero when the button BOOT selected the boot loader. */
const STRAP_RUN = 1 << 3;
/** Bit of `option`: set when the computer selected the boot loader over USB. */
const OPTION_FORCED = 1;

/**
 * Stops the chip's watchdogs. A reset over USB-Serial-JTAG leaves them running, and they would restart the chip in the middle
 * of flashing.
 */
export async function stopWatchdogs(loader: ESPLoader): Promise<void> {
  const registers = WATCHDOGS[loader.chip.CHIP_NAME];
  if (!registers || loader.transport.getPid() !== USB_SERIAL_JTAG_PRODUCT) return;
  await loader.writeReg(registers.protect, WATCHDOG_KEY);
  await loader.writeReg(registers.config, 0);
  await loader.writeReg(registers.protect, 0);
  const feeding = (await loader.readReg(registers.superConfig)) | SUPER_WATCHDOG_AUTO_FEED;
  await loader.writeReg(registers.superProtect, SUPER_WATCHDOG_KEY);
  await loader.writeReg(registers.superConfig, feeding);
  await loader.writeReg(registers.superProtect, 0);
}

/** Sequences for `ESPLoader.after`, see `Restart.sequence`. */
const RESTART = "D0|R1|W100|R0";
const USB_OTG_RESTART = "D0|R1|W200|R0|W200";

/** How a board starts its program after flashing. */
export interface Restart {
  /** A sequence for `ESPLoader.after`: D sets DTR, R sets RTS, W waits in ms. RTS holds the chip in reset. */
  readonly sequence: string;
  /** Whether the chip stays in its boot loader until a person resets the board. */
  readonly byHand: boolean;
}

/** Returns how to restart a chip whose boot loader does not answer. */
function restartWithoutAnswers({ transport }: ESPLoader): Restart {
  const usbOtg = transport.getVid() === ESPRESSIF_VENDOR && transport.getPid() !== USB_SERIAL_JTAG_PRODUCT;
  return { sequence: usbOtg ? USB_OTG_RESTART : RESTART, byHand: false };
}

/** Prepares the chip for its restart as far as its boot loader answers, and returns how to restart the chip. */
export const prepareRestart = (loader: ESPLoader): Promise<Restart> =>
  prepareAnsweringChip(loader).catch(() => restartWithoutAnswers(loader));

async function prepareAnsweringChip(loader: ESPLoader): Promise<Restart> {
  const usbOtg = await loader.usesUsbOtg();
  const registers = BOOT_MODES[loader.chip.CHIP_NAME];
  let byHand = false;
  if (registers && usbOtg) {
    const pressed = ((await loader.readReg(registers.strap)) & STRAP_RUN) === 0;
    byHand = pressed && ((await loader.readReg(registers.option)) & OPTION_FORCED) === 0;
  }
  // otherwise the next reset would lead into the boot loader again
  if (loader.chip.CHIP_NAME === "ESP32-S3") await loader.writeReg(BOOT_MODES["ESP32-S3"].option, 0, OPTION_FORCED);
  return { sequence: usbOtg ? USB_OTG_RESTART : RESTART, byHand };
}
