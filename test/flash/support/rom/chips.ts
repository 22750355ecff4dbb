/**
 * What the boot loaders of the four chip families answer differently.
 *
 * Sources: Espressif's description of the serial protocol
 * (https://docs.espressif.com/projects/esptool/en/latest/esp32/advanced-topics/serial-protocol.html, one page per chip) and
 * the technical reference manuals.
 */
export interface ChipFacts {
  readonly name: string;
  /** Register 0x40001000, by which older chips are recognized. */
  readonly magic: number;
  /** What GET_SECURITY_INFO answers: "none" when the ROM lacks the command, "short" without the chip's id. */
  readonly securityInfo: "none" | "short" | "full";
  readonly id: number;
  /** Addresses of registers of the SPI controller of the flash memory. */
  readonly spi: { readonly command: number; readonly user2: number; readonly data: number };
  /** Address of the register with the strapping pins at the last reset. */
  readonly strap: number;
  /** Registers that are not zero after a reset, by how the computer is connected. */
  readonly usbRegisters?: Readonly<Record<number, number>>;
}

const newSpi = (base: number) => ({ command: base, user2: base + 0x20, data: base + 0x58 });

export const CHIP_FACTS = {
  esp32: {
    name: "ESP32",
    magic: 0x00f01d83,
    securityInfo: "none",
    id: 0,
    spi: { command: 0x3ff42000, user2: 0x3ff42024, data: 0x3ff42080 },
    strap: 0x3ff44038,
  },
  esp32s2: {
    name: "ESP32-S2",
    magic: 0x000007c6,
    securityInfo: "short",
    id: 2,
    spi: newSpi(0x3f402000),
    strap: 0x3f404038,
    usbRegisters: { 0x3ffffd14: 2 },
  },
  esp32s3: {
    name: "ESP32-S3",
    magic: 9,
    securityInfo: "full",
    id: 9,
    spi: newSpi(0x60002000),
    strap: 0x60004038,
    usbRegisters: { 0x3fcef14c: 4 },
  },
  esp32c3: {
    name: "ESP32-C3",
    magic: 0x6921506f,
    securityInfo: "full",
    id: 5,
    spi: newSpi(0x60002000),
    strap: 0x60004038,
  },
} as const satisfies Record<string, ChipFacts>;

export type ChipName = keyof typeof CHIP_FACTS;
