/**
 * Serial ports with the interface of the Web Serial API (https://wicg.github.io/serial/), which the library esptool-js uses.
 * The streams and events are the same for every device; a `SerialDevice` moves the bytes.
 */
import type { BaudRateConfigurablePort } from "esptool-js";
import type { PortEvents } from "../../../flashing/serial/port.js";

/** A port as the Web Serial API defines it, whose baud rate can change while it is open. */
export type WebSerialPort = BaudRateConfigurablePort;

/** The state of the lines from the computer to the device. Boards use DTR and RTS for reset and boot mode. */
export interface OutputSignals {
  readonly dataTerminalReady: boolean;
  readonly requestToSend: boolean;
  readonly break: boolean;
}

/** Moves the bytes of a port. */
export interface SerialDevice {
  readonly info: SerialPortInfo;
  /** Opens the device. Calls `events` only until `close` is called. */
  open(baudRate: number, events: PortEvents): Promise<void>;
  /** Writes data. Resolves when the operating system has accepted the data. */
  write(data: Uint8Array): Promise<void>;
  setSignals(signals: OutputSignals): Promise<void>;
  setBaudRate(baudRate: number): Promise<void>;
  /** Closes the device. Never rejects. */
  close(): Promise<void>;
}

/** Operating systems raise both lines when they open a port. */
const SIGNALS_AFTER_OPEN: OutputSignals = { dataTerminalReady: true, requestToSend: true, break: false };

/** Makes a port with the interface of the Web Serial API from a device. */
export class DevicePort extends EventTarget implements WebSerialPort {
  onconnect = null;
  ondisconnect = null;
  connected = true;
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  #input: ReadableStreamDefaultController<Uint8Array> | undefined;
  #signals = SIGNALS_AFTER_OPEN;

  constructor(private readonly device: SerialDevice) {
    super();
  }

  getInfo(): SerialPortInfo {
    return this.device.info;
  }

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    if (this.readable) throw new DOMException("The port is already open.", "InvalidStateError");
    await this.device.open(baudRate, {
      data: (chunk) => this.#input?.enqueue(chunk),
      disconnected: () => this.#lose(),
    });
    this.#signals = SIGNALS_AFTER_OPEN;
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#input = controller;
      },
      cancel: () => {
        this.#input = undefined;
      },
    });
    this.writable = new WritableStream<Uint8Array>({ write: (data) => this.device.write(data) });
  }

  /** Changes the given lines, and leaves the others as they are. */
  async setSignals(signals: SerialOutputSignals): Promise<void> {
    this.#requireOpen();
    const given = Object.entries(signals).filter(([, state]) => state !== undefined);
    this.#signals = { ...this.#signals, ...Object.fromEntries(given) };
    await this.device.setSignals(this.#signals);
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#requireOpen();
    await this.device.setBaudRate(baudRate);
  }

  getSignals(): Promise<SerialInputSignals> {
    return Promise.reject(new DOMException("This port does not read its input lines.", "NotSupportedError"));
  }

  async close(): Promise<void> {
    if (!this.readable) return;
    this.#endStreams((input) => input.close());
    await this.device.close();
  }

  forget(): Promise<void> {
    return this.close();
  }

  #requireOpen(): void {
    if (!this.readable) throw new DOMException("The port is closed.", "InvalidStateError");
  }

  #endStreams(end: (input: ReadableStreamDefaultController<Uint8Array>) => void): void {
    const input = this.#input;
    this.#input = undefined;
    this.readable = null;
    this.writable = null;
    if (input) end(input);
  }

  #lose(): void {
    this.connected = false;
    this.#endStreams((input) => input.error(new DOMException("The device has been lost.", "NetworkError")));
    this.dispatchEvent(new Event("disconnect"));
  }
}
