/** The serial port of a simulated board: leads to the boot loader of its chip, or to its runtime. */
import { RUNTIME_BAUD, type PortEvents } from "../../../flashing/serial/port.js";
import { DevicePort, type OutputSignals, type SerialDevice } from "../../../scripts/lib/serial/web-serial.js";
import type { TestBoard } from "./board.js";

export class BoardDevice implements SerialDevice {
  readonly info: SerialPortInfo;
  #open: { write(bytes: Uint8Array): Promise<void>; close(): void } | undefined;

  constructor(private readonly board: TestBoard) {
    this.info = board.chip.info;
  }

  /** Leads to the runtime if the computer opens the port at its baud rate, and otherwise to the boot loader. */
  async open(baudRate: number, events: PortEvents): Promise<void> {
    const { board } = this;
    if (baudRate !== RUNTIME_BAUD || board.chip.bootLoader) {
      await board.chip.open(baudRate, events);
      this.#open = { write: (bytes) => board.chip.write(bytes), close: () => void board.chip.close() };
      return;
    }
    const write = board.plugIn({
      data: events.data,
      // not at a normal end of the connection
      disconnected: () => this.#open && events.disconnected(),
    });
    this.#open = { write: (bytes) => Promise.resolve(write(bytes)), close: () => board.unplug() };
  }

  /** Like the system, accepts data before the board has received it. */
  write(data: Uint8Array): Promise<void> {
    void this.#open?.write(data).catch(() => {});
    return Promise.resolve();
  }

  setSignals(signals: OutputSignals): Promise<void> {
    return this.board.chip.setSignals(signals);
  }

  setBaudRate(baudRate: number): Promise<void> {
    return this.board.chip.setBaudRate(baudRate);
  }

  close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.close();
    return Promise.resolve();
  }
}

/** A port of Chromium, which cannot be closed while its streams are locked. */
export class BrowserPort extends DevicePort {
  override async close(): Promise<void> {
    if (!this.readable) throw new DOMException("The port is already closed.", "InvalidStateError");
    if (this.readable.locked || this.writable?.locked) throw new TypeError("Cannot close a locked stream");
    await super.close();
  }
}
