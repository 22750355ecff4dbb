/** Interfaces of serial ports, and functions that open a port with the library `serialport`. */
import { messageOf, StepError } from "../step-error.js";

/** A serial port in the list of ports. */
export interface PortInfo {
  /** Path of the port, such as `/dev/ttyACM0`, `/dev/cu.usbmodem101` or `COM3`. */
  readonly path: string;
  /** USB vendor id, four hexadecimal digits; undefined for a port that is not on USB. */
  readonly vendorId?: string;
  readonly productId?: string;
  readonly manufacturer?: string;
  readonly serialNumber?: string;
}

/** An open serial port. */
export interface SerialPort {
  /** Writes data. Resolves when the operating system has accepted the data; rejects when the port is gone. */
  write(data: Uint8Array): Promise<void>;
  /** Closes the port. Never rejects. */
  close(): Promise<void>;
}

/** Callbacks of an open port. */
export interface PortEvents {
  data(chunk: Uint8Array): void;
  /** Called when the port disappears without a call of `close`. */
  disconnected(): void;
}

/** Opens a port; rejects when the port is missing or cannot be opened. */
export type OpenPort = (events: PortEvents) => Promise<SerialPort>;

/**
 * The baud rate of DeviceScript's runtime on boards with a USB-to-serial chip, from its main/usb.c. Boards with native USB
 * ignore the baud rate.
 */
export const BAUD = 1_500_000;

/**
 * Loads the library `serialport` on demand: its native binary may not suit this platform.
 * @throws StepError when the library cannot be loaded
 */
export async function loadSerialport(): Promise<typeof import("serialport")> {
  try {
    return await import("serialport");
  } catch (error) {
    throw new StepError(
      "the port",
      `The library serialport cannot be loaded: ${messageOf(error).split("\n")[0]}`,
      "Run npm ci again (without --omit=optional). It carries binaries for Linux, macOS and Windows on common processors; elsewhere npm rebuild @serialport/bindings-cpp needs a C++ compiler.", // prettier-ignore
      { cause: error },
    );
  }
}

/** Returns a function that opens a port of this computer with the library `serialport`. */
export function createPortOpener(path: string, baudRate = BAUD): OpenPort {
  return async (events) => {
    const { SerialPort } = await loadSerialport();
    const port = new SerialPort({ path, baudRate, autoOpen: false });
    port.on("data", (chunk: Buffer) => events.data(chunk));
    // a read error also closes the port; without a listener for "error", Node would end the process
    port.on("error", () => {});
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    let closing = false;
    port.on("close", () => closing || events.disconnected());
    return {
      write: (data) =>
        new Promise((resolve, reject) => port.write(data, (error) => (error ? reject(error) : resolve()))),
      close() {
        closing = true;
        return new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
      },
    };
  };
}

/** Explains why a port could not be opened. */
export function explainOpenFailure(path: string, error: unknown): StepError {
  if (error instanceof StepError) return error;
  const message = messageOf(error);
  if (/lock|busy|EBUSY|access denied/i.test(message))
    return new StepError("the port", `Another program uses ${path}.`, "Close serial monitors, VS Code's DeviceScript view and other npm run monitor, and try again."); // prettier-ignore
  if (/inappropriate ioctl|ENOTTY|not a (tty|terminal)|is a directory|EISDIR/i.test(message))
    return new StepError("the port", `${path} is not a serial port.`, "Name the port of the board: --port. npm run doctor lists the ports with boards."); // prettier-ignore
  return new StepError(
    "the port",
    `${path} cannot be opened: ${message}`,
    "Unplug the board, plug it in again, and retry.",
  );
}
