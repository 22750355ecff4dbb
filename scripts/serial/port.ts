/** One serial port, open. */
import { messageOf, StepError } from "../flash/failure.js";

export interface SerialPort {
  /** Resolves when the system has taken it. Rejects when the port is gone. */
  write(data: Uint8Array): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** What the port tells. */
export interface PortEvents {
  data(chunk: Uint8Array): void;
  /** It is gone, and nobody called `close`. */
  gone(): void;
}

/** Opens a port; rejects when it is not there, or not to be had. */
export type OpenPort = (events: PortEvents) => Promise<SerialPort>;

/**
 * The speed at which DeviceScript's runtime speaks on boards with a USB-to-serial chip, in Bd: fixed in its main/usb.c.
 * Over the USB of the chip itself it means nothing.
 */
export const BAUD = 1_500_000;

/**
 * The library `serialport`, which carries a binary for each platform. It is loaded when it is needed, not before.
 * @throws StepError when it cannot be loaded here
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

/** A port of this computer, opened by the library `serialport`. */
export function systemPort(path: string, baudRate = BAUD): OpenPort {
  return async (events) => {
    const { SerialPort } = await loadSerialport();
    const port = new SerialPort({ path, baudRate, autoOpen: false });
    port.on("data", (chunk: Buffer) => events.data(chunk));
    // a failing read closes the port, which is told; without a listener it would end the process
    port.on("error", () => {});
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    let closing = false;
    port.on("close", () => closing || events.gone());
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

/** Why a port could not be opened, in words. */
export function openProblem(path: string, error: unknown): StepError {
  if (error instanceof StepError) return error;
  const said = messageOf(error);
  if (/lock|busy|EBUSY|access denied/i.test(said))
    return new StepError("the port", `Another program uses ${path}.`, "Close serial monitors, VS Code's DeviceScript view and other npm run monitor, and try again."); // prettier-ignore
  if (/inappropriate ioctl|ENOTTY|not a (tty|terminal)|is a directory|EISDIR/i.test(said))
    return new StepError("the port", `${path} is no serial port.`, "Name the port of the board: --port. npm run doctor shows where boards are."); // prettier-ignore
  return new StepError("the port", `${path} cannot be opened: ${said}`, "Plug the board in anew and try again.");
}
