/** The interface of a serial port that carries log and Jacdac frames, and the explanation of failures to open it. */
import { messageOf, StepError } from "../step-error.js";

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
export const RUNTIME_BAUD = 1_500_000;

/**
 * Creates the error of a step during which the port disappeared.
 * @param command the command that repeats the step
 */
export const createPortLostError = (step: string, path: string, command: string, options?: ErrorOptions): StepError =>
  new StepError(
    step,
    `The board's port ${path} disappeared: the cable came loose, or the board was reset.`,
    `Plug the board in again, without a USB hub, and repeat ${command}. An interruption does no harm, because the boot loader is in the chip's ROM.`,
    { ...options, kind: "replug", details: { code: "port-lost" } },
  );

/** Explains why a port could not be opened. */
export function explainOpenFailure(path: string, error: unknown): StepError {
  if (error instanceof StepError) return error;
  const message = messageOf(error);
  if (/lock|busy|EBUSY|access denied/i.test(message))
    return new StepError("the port", `Another program uses ${path}.`, "Close serial monitors, VS Code's DeviceScript view and other npm run monitor, and try again.", { kind: "port-busy", details: { code: "port-busy" } }); // prettier-ignore
  if (/failed to open serial port/i.test(message))
    return new StepError("the port", `${path} could not be opened: another program uses it, or this user may not open it.`, "Close serial monitors, VS Code and npm run monitor, and try again.", { kind: "port-busy", details: { code: "port-busy" } }); // prettier-ignore
  if (/permission denied|EACCES|EPERM/i.test(message))
    return new StepError("the port", `This user may not open ${path}.`, "On Linux, join the group that owns the port (sudo usermod -aG dialout $USER, or uucp), log in again, and retry.", { kind: "port-access", details: { code: "port-access" } }); // prettier-ignore
  if (/inappropriate ioctl|ENOTTY|not a (tty|terminal)|is a directory|EISDIR/i.test(message))
    return new StepError("the port", `${path} is not a serial port.`, "Name the port of the board: --port. npm run doctor lists the ports with boards."); // prettier-ignore
  return new StepError(
    "the port",
    `${path} cannot be opened: ${message}`,
    "Unplug the board, plug it in again, and retry.",
    { kind: "replug", details: { code: "port-closed", reason: message } },
  );
}
