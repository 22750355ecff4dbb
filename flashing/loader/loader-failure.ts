/** Explains the failures of esptool-js: what happened to the board, and what the user can do. */
import { UnexpectedChipIdError, UnexpectedChipMagicError } from "esptool-js";
import { messageOf, StepError } from "../step-error.js";
import { createPortLostError, explainOpenFailure } from "../serial/port.js";
import { PortLostError, PortOpenError } from "./board-transport.js";
import { BOOT_ADVICE } from "./flasher.js";

/** Patterns in messages of esptool-js with their explanations. The first match applies. */
const MESSAGE_EXPLANATIONS: readonly [
  RegExp,
  problem: string,
  remedy: string,
  code: "flash-differs" | "flash-defective" | "transfer-interrupted",
][] = [
  [
    /MD5 of file does not match/,
    "The data in flash memory differs from the data sent.",
    "Try again with --baud 115200, another cable, and no USB hub. If the error remains, the flash memory is worn out.",
    "flash-differs",
  ],
  [
    /flash.*failed with status \d+,(8|9|10|19[2-9]|20\d)\b|Unable to verify flash chip/i,
    "The chip could not write to its flash memory.",
    "Unplug the board, disconnect what is wired to its pins, plug it in again, and retry. If the error remains, the flash memory is defective.",
    "flash-defective",
  ],
  [
    /stream stopped|No serial data received|Invalid head of packet|Invalid SLIP escape|invalid response|failed with status|Only got \d+ bytes|Failed to start stub|Guru Meditation/,
    "The transfer was interrupted.",
    "Try again with a lower speed: --baud 115200. If that does not help, use another USB data cable, and no USB hub.",
    "transfer-interrupted",
  ],
];

/**
 * Explains an error of a step.
 * @param printed what the board printed instead of answers
 */
export function explainLoaderFailure(step: string, error: unknown, path: string, printed: string): StepError {
  if (error instanceof StepError) return error;
  if (error instanceof PortOpenError) return explainOpenFailure(path, error.cause);
  const cause = { cause: error };
  if (error instanceof PortLostError) return createPortLostError(step, path, "npm run flash", cause);
  if (error instanceof UnexpectedChipIdError || error instanceof UnexpectedChipMagicError)
    return new StepError(step, `The board has an unknown chip. (${error.message})`, "Use one of the boards in docs/reference/hardware.md.", { ...cause, kind: "other-board" }); // prettier-ignore
  const message = messageOf(error);
  if (/Failed to connect/.test(message)) return explainSilence(step, printed, cause);
  const [, problem, remedy, code] = MESSAGE_EXPLANATIONS.find(([pattern]) => pattern.test(message)) ?? [
    undefined,
    "The boot loader failed.",
    "Unplug the board, plug it in again, and retry. If the error remains, try another cable and --baud 115200.",
    "transfer-interrupted" as const,
  ];
  return new StepError(step, `${problem} (${message})`, remedy, {
    ...cause,
    kind: "cable",
    details: { code, reason: message },
  });
}

/** Explains a boot loader that does not answer, by what the board printed instead. */
function explainSilence(step: string, printed: string, cause: ErrorOptions): StepError {
  if (/waiting for download/.test(printed))
    return new StepError(step, "The chip is in its boot loader, but does not receive anything from this computer.", "Disconnect what is wired to the board's pins RX and TX, use another USB data cable, and try again.", { ...cause, kind: "cable", details: { code: "chip-receives-nothing" } }); // prettier-ignore
  if (printed)
    return new StepError(step, "The chip did not enter its boot loader: its program runs instead.", BOOT_ADVICE, { ...cause, kind: "boot-button", details: { code: "chip-runs" } }); // prettier-ignore
  return new StepError(step, "The chip does not answer.", BOOT_ADVICE, {
    ...cause,
    kind: "boot-button",
    details: { code: "chip-silent" },
  });
}
