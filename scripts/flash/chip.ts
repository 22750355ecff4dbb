/** What esptool does to a board: asks for its chip, writes to its flash memory; and what its failures mean. */
import { CHIPS } from "../board/chips.js";
import { StepError } from "./failure.js";
import { runProgram } from "./program.js";
import type { Esptool } from "./esptool.js";

const BOOT =
  "Hold the button BOOT (or IO0, B) of the board, press and let go RESET (or plug the board in anew), let go BOOT, and try again.";

/** How to reach the board. */
export interface Target {
  readonly esptool: Esptool;
  readonly port: string;
  /** Bits a second while flashing. */
  readonly baud: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** A chip that does not answer is given up by esptool itself long before this, in ms. */
const CHIP_WITHIN = 60_000;
/** 2 MB at 115,200 Bd take three minutes, in ms. */
const WRITE_WITHIN = 600_000;

/**
 * The chip on the port, by DeviceScript's name for its kind, such as `esp32c3`.
 * @throws StepError when none answers
 */
export async function readChip(target: Target): Promise<string> {
  // it stays in its boot loader: a reset would make a port over native USB vanish just before it is needed
  const { ok, output, error } = await run(target, ["--after", "no_reset", "chip_id"], CHIP_WITHIN);
  const chip = chipIn(output);
  if (ok && chip) return chip;
  throw explain("the chip", output || (error ?? ""), target);
}

/** `ESP32-C3` in "Detecting chip type... ESP32-C3", to `esp32c3`; undefined when esptool did not come that far. */
export function chipIn(output: string): string | undefined {
  const found = [...output.matchAll(/^Detecting chip type.*?(ESP32(?:-[A-Z]\d+)?)\s*$/gm)].at(-1)?.[1];
  return found?.replace("-", "").toLowerCase();
}

/**
 * Writes a file to flash memory.
 * @param offset where, such as `0x1000`
 * @param progress is told how much is done, 0..100
 * @throws StepError when it could not be written whole
 */
export async function writeFlash(
  target: Target,
  offset: string,
  file: string,
  extra: readonly string[],
  progress: (percent: number) => void,
): Promise<void> {
  const args = ["--baud", String(target.baud), "write_flash", ...extra, offset, file];
  const { ok, output, error } = await run(target, args, WRITE_WITHIN, (text) => {
    const percent = [...text.matchAll(/\((\d+) ?%\)/g)].at(-1)?.[1];
    if (percent) progress(Number(percent));
  });
  // a chip that was put into its boot loader by hand stays there: esptool calls that a failure
  if (ok || (/Hash of data verified/.test(output) && mustBeReset(output))) {
    if (mustBeReset(output)) throw new ResetByHand();
    return;
  }
  throw explain("flashing", output || (error ?? ""), target);
}

/** All is written, and a person has to press RESET. */
export class ResetByHand extends Error {}

const mustBeReset = (output: string): boolean => /was placed into download mode using GPIO0/.test(output);

async function run({ esptool, port, env }: Target, args: string[], within: number, onText?: (text: string) => void) {
  const all = [...esptool.args, "--port", port, ...args];
  const ended = await runProgram(esptool.command, all, { within, onText, env });
  return { ...ended, ok: ended.code === 0 };
}

/** What an output of esptool 4 stands for, the first that fits. */
const MEANINGS: readonly [RegExp, problem: string, remedy: string][] = [
  [
    /Permission denied|Errno 13|PermissionError/i,
    "This user may not open $PORT.",
    "On Linux, join the group that owns the port (sudo usermod -aG dialout $USER, or uucp), log in anew, and try again. On Windows, close other programs that use it.",
  ],
  [
    /Resource busy|Errno 16|Could not exclusively lock/i,
    "Another program uses $PORT.",
    "Close serial monitors, VS Code's DeviceScript view and npm run monitor, and try again.",
  ],
  [
    /Could not open|could not open port|No such file|FileNotFoundError/i,
    "$PORT cannot be opened.",
    "Plug the board in anew, and name the port that appears: --port.",
  ],
  [/Wrong boot mode detected|download mode not successfully/i, "The chip did not go into its boot loader.", BOOT],
  [
    /not fit in \d+ bytes of flash|larger than.*flash/i,
    "The board's flash memory is too small for DeviceScript, which needs 2 MB.",
    "Use another board: see docs/reference/hardware.md.",
  ],
  [/Unexpected chip id in image|Wrong --chip argument/i, "The board has another chip.", "Name the board: --board."],
  [
    /MD5 of file does not match/i,
    "What was written is not what was sent.",
    "Try again with --baud 115200, another cable, and no USB hub; if it stays so, the flash memory is worn out.",
  ],
  [
    /noise or corruption|Invalid head of packet|stream stopped|content transfer stopped|stopped responding|Timed out waiting for packet|Failed to write to target|Checksum error|result was/i,
    "The transfer broke off.",
    "Try again with a lower speed: --baud 115200. If that does not help, use another cable that carries data, and no USB hub.",
  ],
  [/Failed to connect|No serial data received|Unable to verify flash chip/i, "The chip does not answer.", BOOT],
  [
    /Pyserial is not installed|No module named .?serial/i,
    "esptool lacks its library pyserial.",
    'Install esptool anew: python3 -m pip install --force-reinstall "esptool>=4.5,<5".',
  ],
];

function explain(step: string, output: string, { port }: Target): StepError {
  const fatal = /A fatal error occurred: (.*)/.exec(output)?.[1];
  const said = (fatal ?? output.trim().split("\n").at(-1) ?? "").trim();
  const [, problem, remedy] = MEANINGS.find(([pattern]) => pattern.test(output)) ?? [
    undefined,
    "esptool failed.",
    "Plug the board in anew and try again; if it stays so, try another cable and --baud 115200.",
  ];
  return new StepError(step, `${problem.replace("$PORT", port)}${said ? ` (esptool: ${said})` : ""}`, remedy);
}

/** The name of a chip for people: `ESP32-C3` for `esp32c3`. */
export const chipName = (arch: string): string => CHIPS[arch]?.name ?? arch.toUpperCase();
