/** A simulated board at the other end of a serial port: reset circuit, boot loader, and a cable that can be pulled. */
import type { PortEvents } from "../../../../flashing/serial/port.js";
import { DevicePort, type OutputSignals, type SerialDevice } from "../../../../scripts/lib/serial/web-serial.js";
import { BootLoader, type BootLoaderOptions } from "./boot-loader.js";
import type { ChipName } from "./chips.js";
import { FlashMemory } from "./flash-memory.js";

/**
 * How the board is connected: through a USB-to-serial chip with two transistors, through the chip's USB-Serial-JTAG port, or
 * through its USB-OTG port, which leaves the bus at each reset.
 */
export type Connection = "bridge" | "serial-jtag" | "otg";

export interface SimulatedChipOptions extends Pick<BootLoaderOptions, "failure" | "byButton" | "secure"> {
  readonly chip: ChipName;
  readonly connection?: Connection;
  readonly flashSize?: number;
  /** Whether the board ignores DTR and RTS, so that its program keeps running. */
  readonly ignoresSignals?: boolean;
  /** What the program prints when it runs. */
  readonly output?: string;
  /** Time in ms from a reset until the computer receives what the chip prints. */
  readonly outputDelay?: number;
  /** Whether the boot loader answers. */
  readonly isMute?: boolean;
  /** Pulls the cable after this number of bytes in both directions together. */
  readonly cutAfter?: number;
  /** Changes the data in flash memory before its checksum is calculated. */
  readonly damagesFlash?: boolean;
  /** How often the port refuses to open after its first disappearance. */
  readonly refusedReopens?: number;
  /** Whether the port reports an input/output error before it disappears at a reset. */
  readonly failsBeforeLoss?: boolean;
  /** Highest baud rate at which bytes arrive unchanged. */
  readonly maxBaud?: number;
}

const USB_IDS = {
  bridge: () => ({ usbVendorId: 0x10c4, usbProductId: 0xea60 }),
  "serial-jtag": () => ({ usbVendorId: 0x303a, usbProductId: 0x1001 }),
  otg: (chip: ChipName) => ({ usbVendorId: 0x303a, usbProductId: chip === "esp32s2" ? 0x0002 : 0x0009 }),
};

export class SimulatedChip implements SerialDevice {
  readonly flash: FlashMemory;
  /** Number of bytes in both directions. */
  transferred = 0;
  /** How often the program was started. */
  starts = 0;
  /** Called when the program starts. */
  onStart = () => {};
  /** The boot loader; undefined while the program runs. */
  bootLoader: BootLoader | undefined;
  /** The boot loader that ran last. */
  lastBootLoader: BootLoader | undefined;
  /** The error with which the port refuses to open. */
  openError: Error | undefined;
  readonly info: SerialPortInfo;
  #events: PortEvents | undefined;
  #signals: OutputSignals = { dataTerminalReady: false, requestToSend: false, break: false };
  #selectsBootLoader = false;
  #losses = 0;
  #refusals = 0;
  #hostBaud = 0;
  #chipBaud: number | undefined;

  constructor(readonly options: SimulatedChipOptions) {
    this.flash = new FlashMemory(options.flashSize ?? 0x400000);
    this.info = USB_IDS[options.connection ?? "bridge"](options.chip);
    if (options.byButton) this.#enterBootLoader();
  }

  /** Returns the computer's view of the port. */
  createPort(): DevicePort {
    return new DevicePort(this);
  }

  open(baudRate: number, events: PortEvents): Promise<void> {
    if (this.openError) return Promise.reject(this.openError);
    if (this.#losses > 0 && this.#refusals++ < (this.options.refusedReopens ?? 0))
      return Promise.reject(new Error("Error: Permission denied, cannot open the port"));
    this.#events = events;
    this.#hostBaud = baudRate;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#events = undefined;
    return Promise.resolve();
  }

  setBaudRate(baudRate: number): Promise<void> {
    this.#hostBaud = baudRate;
    return Promise.resolve();
  }

  write(data: Uint8Array): Promise<void> {
    for (const byte of data) {
      if (!this.#events) return Promise.reject(new Error("the port is gone"));
      this.#chipBaud ??= this.#hostBaud;
      if (!this.options.isMute) this.bootLoader?.receive(this.#transmit(byte));
      this.#count();
    }
    return Promise.resolve();
  }

  setSignals(signals: OutputSignals): Promise<void> {
    const { dataTerminalReady: dtr, requestToSend: rts } = signals;
    const before = this.#signals;
    this.#signals = signals;
    if (this.options.ignoresSignals) return Promise.resolve();
    switch (this.options.connection ?? "bridge") {
      case "bridge": {
        // RTS alone holds the chip in reset; at the end of the reset, DTR alone selects the boot loader
        const wasInReset = before.requestToSend && !before.dataTerminalReady;
        if (wasInReset && !(rts && !dtr)) this.#reset(dtr && !rts);
        break;
      }
      case "serial-jtag":
        if (!rts) this.#selectsBootLoader = dtr;
        else if (!dtr && (before.dataTerminalReady || !before.requestToSend)) this.#reset(this.#selectsBootLoader);
        break;
      case "otg":
        // the lines mean nothing to a boot loader that the button selected
        if (before.requestToSend && !rts && !this.options.byButton) {
          this.#reset(dtr);
          if (this.options.failsBeforeLoss) {
            setTimeout(() => this.pull(), 50);
            return Promise.reject(new Error("Error: Input/output error, cannot set"));
          }
          this.pull();
        }
    }
    return Promise.resolve();
  }

  /** Pulls the cable, or removes the port as a reset of a chip with USB-OTG does. */
  pull(): void {
    const events = this.#events;
    this.#events = undefined;
    this.#losses++;
    events?.disconnected();
  }

  #reset(intoBootLoader: boolean): void {
    this.#chipBaud = undefined;
    if (intoBootLoader) return this.#enterBootLoader();
    this.bootLoader = undefined;
    this.starts++;
    this.#print(this.options.output ?? "ESP-ROM\r\nboot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
    this.onStart();
  }

  #enterBootLoader(): void {
    const { chip, connection = "bridge", failure, byButton, secure, damagesFlash } = this.options;
    if (connection === "bridge") this.#print("boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n");
    const send = (bytes: Uint8Array) => this.#send(bytes);
    this.bootLoader = this.lastBootLoader = new BootLoader({
      chip,
      flash: this.flash,
      nativeUsb: connection !== "bridge",
      byButton,
      secure,
      failure: (command, count) => {
        if (damagesFlash && command === 0x13) this.flash.bytes[0x2000] ^= 1;
        return failure?.(command, count);
      },
      send,
      // takes effect after the answer, which is sent later
      setBaud: (baud) => void setImmediate(() => (this.#chipBaud = baud)),
    });
  }

  #print(text: string): void {
    const { outputDelay } = this.options;
    const send = () => this.#send(Buffer.from(text, "latin1"));
    if (outputDelay === undefined) send();
    else setTimeout(send, outputDelay);
  }

  #send(bytes: Uint8Array): void {
    setImmediate(() => {
      for (const byte of bytes) {
        if (!this.#events) return;
        this.#events.data(Uint8Array.of(this.#transmit(byte)));
        this.#count();
      }
    });
  }

  /** Returns how a byte arrives: changed when both sides use different baud rates, or too high ones. */
  #transmit(byte: number): number {
    const { connection = "bridge", maxBaud = Infinity } = this.options;
    const isClean = connection !== "bridge" || (this.#hostBaud === (this.#chipBaud ?? this.#hostBaud) && this.#hostBaud <= maxBaud); // prettier-ignore
    return isClean ? byte : byte ^ 0x55;
  }

  #count(): void {
    this.transferred++;
    if (this.transferred === this.options.cutAfter) this.pull();
  }
}
