/** Opens serial ports with the library `serialport`. */
import { RUNTIME_BAUD, type OpenPort } from "../../../flashing/serial/port.js";
import { messageOf, StepError } from "../../../flashing/step-error.js";

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
export function createPortOpener(path: string, baudRate = RUNTIME_BAUD): OpenPort {
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
