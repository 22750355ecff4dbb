/** Reads a board's chip type and writes to its flash memory with Espressif's esptool, and explains esptool's failures. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { StepError } from "../../flashing/step-error.js";
import { runProgram } from "../lib/run-program.js";
import type { Esptool } from "./esptool.js";
import { BOOT_ADVICE, ManualResetNeededError, type Flasher } from "../../flashing/loader/flasher.js";
import type { Image } from "../../flashing/board-image.js";

export interface EsptoolFlasherOptions {
  readonly esptool: Esptool;
  readonly port: string;
  /** Baud rate while flashing. */
  readonly baud: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Time limit in ms for reading the chip type; esptool itself gives up sooner. */
const CHIP_TIMEOUT = 60_000;
/** Restarts a chip that waits in its boot loader. */
const RESTART_ARGUMENTS = ["--before", "no_reset", "--after", "hard_reset", "--connect-attempts", "1", "chip_id"];
/** Time limit in ms for writing: 2 MB at 115,200 Bd take three minutes. */
const WRITE_TIMEOUT = 600_000;

export class EsptoolFlasher implements Flasher {
  /** Whether the chip waits in its boot loader. */
  #isInBootLoader = false;

  constructor(private readonly options: EsptoolFlasherOptions) {}

  async readChip(): Promise<string> {
    // does not reset the board, because a native USB port would disappear just before flashing
    const { ok, output, error } = await this.#run(["--after", "no_reset", "chip_id"], CHIP_TIMEOUT);
    const chip = parseChip(output);
    this.#isInBootLoader = ok;
    if (ok && chip) return chip;
    throw explainFailure("the chip", output || (error ?? ""), this.options.port);
  }

  async write(image: Image, progress: (percent: number) => void): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), "nightlight-esptool-"));
    try {
      const file = path.join(folder, "image.bin");
      await writeFile(file, image.bytes);
      await this.#write(image, file, progress);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async close(): Promise<void> {
    // nothing was written, or not everything: leaves the board running what it has
    if (this.#isInBootLoader) await this.#run(RESTART_ARGUMENTS, CHIP_TIMEOUT);
    this.#isInBootLoader = false;
  }

  async #write({ offset, extraArguments }: Image, file: string, progress: (percent: number) => void): Promise<void> {
    const { baud, port } = this.options;
    const args = ["--baud", String(baud), "write_flash", ...extraArguments, `0x${offset.toString(16)}`, file];
    this.#isInBootLoader = true;
    const { ok, output, error } = await this.#run(args, WRITE_TIMEOUT, (text) => {
      const percent = [...text.matchAll(/\((\d+) ?%\)/g)].at(-1)?.[1];
      if (percent) progress(Number(percent));
    });
    // ignores esptool's failure after verified data: a chip that a person put into its boot loader only needs a manual reset
    if (ok || (/Hash of data verified/.test(output) && needsManualReset(output))) {
      this.#isInBootLoader = false;
      if (needsManualReset(output)) throw new ManualResetNeededError();
      return;
    }
    throw explainFailure("flashing", output || (error ?? ""), port);
  }

  async #run(args: string[], within: number, onText?: (text: string) => void) {
    const { esptool, port, env } = this.options;
    const all = [...esptool.args, "--port", port, ...args];
    const ended = await runProgram(esptool.command, all, { within, onText, env });
    return { ...ended, ok: ended.code === 0 };
  }
}

/** Finds the chip type in esptool's output: "Detecting chip type... ESP32-C3" gives `esp32c3`. */
export function parseChip(output: string): string | undefined {
  const found = [...output.matchAll(/^Detecting chip type.*?(ESP32(?:-[A-Z]\d+)?)\s*$/gm)].at(-1)?.[1];
  return found?.replace("-", "").toLowerCase();
}

const needsManualReset = (output: string): boolean => /was placed into download mode using GPIO0/.test(output);

/** Patterns in esptool 4's output with their explanations. The first match applies. */
const ERROR_EXPLANATIONS: readonly [RegExp, problem: string, remedy: string][] = [
  [
    /Permission denied|Errno 13|PermissionError/i,
    "This user may not open $PORT.",
    "On Linux, join the group that owns the port (sudo usermod -aG dialout $USER, or uucp), log in again, and retry. On Windows, close other programs that use it.",
  ],
  [
    /Resource busy|Errno 16|Could not exclusively lock/i,
    "Another program uses $PORT.",
    "Close serial monitors, VS Code's DeviceScript view and npm run monitor, and try again.",
  ],
  [
    /Could not open|could not open port|No such file|FileNotFoundError/i,
    "$PORT cannot be opened.",
    "Unplug the board, plug it in again, and name the port that appears with --port.",
  ],
  [/Wrong boot mode detected|download mode not successfully/i, "The chip did not enter its boot loader.", BOOT_ADVICE],
  [
    /not fit in \d+ bytes of flash|larger than.*flash/i,
    "The board's flash memory is too small for DeviceScript, which needs 2 MB.",
    "Use another board: see docs/reference/hardware.md.",
  ],
  [
    /Unexpected chip id in image|Wrong --chip argument/i,
    "The board has a different chip.",
    "Name the board with --board.",
  ],
  [
    /MD5 of file does not match/i,
    "The data in flash memory differs from the data sent.",
    "Try again with --baud 115200, another cable, and no USB hub. If the error remains, the flash memory is worn out.",
  ],
  [
    /noise or corruption|Invalid head of packet|stream stopped|content transfer stopped|stopped responding|Timed out waiting for packet|Failed to write to target|Checksum error|result was/i,
    "The transfer was interrupted.",
    "Try again with a lower speed: --baud 115200. If that does not help, use another USB data cable, and no USB hub.",
  ],
  [/Failed to connect|No serial data received|Unable to verify flash chip/i, "The chip does not answer.", BOOT_ADVICE],
  [
    /Pyserial is not installed|No module named .?serial/i,
    "esptool lacks its library pyserial.",
    'Reinstall esptool: python3 -m pip install --force-reinstall "esptool>=4.5,<5".',
  ],
];

function explainFailure(step: string, output: string, port: string): StepError {
  const fatal = /A fatal error occurred: (.*)/.exec(output)?.[1];
  const detail = (fatal ?? output.trim().split("\n").at(-1) ?? "").trim();
  const [, problem, remedy] = ERROR_EXPLANATIONS.find(([pattern]) => pattern.test(output)) ?? [
    undefined,
    "esptool failed.",
    "Unplug the board, plug it in again, and retry. If the error remains, try another cable and --baud 115200.",
  ];
  return new StepError(step, `${problem.replace("$PORT", port)}${detail ? ` (esptool: ${detail})` : ""}`, remedy);
}
