/** `npm run monitor`: prints a board's log, with source positions instead of bytecode positions. */
import { createHash } from "node:crypto";
import { listFirmwareEntries } from "../lib/repository.js";
import { loadFirmware, type Firmware } from "../../sim/firmware.js";
import { parseLogLine } from "../../sim/log.js";
import { addSourcePositions } from "../../sim/positions.js";
import { jacdac } from "../../flashing/jacdac.js";
import { createBoardPortOpener } from "../lib/serial/ports.js";
import { BoardLink } from "../../flashing/serial/link.js";
import { findPort, type Computer } from "./flow.js";

const { ProgramSha256 } = jacdac.DeviceScriptManagerReg;

/** Loads the built firmware of every board; boards without a build are left out. */
export async function loadBuiltFirmware(): Promise<Firmware[]> {
  return (await listFirmwareEntries()).flatMap((entry) => {
    try {
      return [loadFirmware(entry)];
    } catch {
      return [];
    }
  });
}

/**
 * Prints a board's log until `stopped` is aborted.
 * @param builtPrograms the programs that the board may run
 * @throws StepError when the port cannot be opened
 */
export async function printBoardLog(
  { ports, screen }: Pick<Computer, "ports" | "screen">,
  wanted: string | undefined,
  builtPrograms: readonly Firmware[],
  stopped: AbortSignal,
): Promise<void> {
  const path = await findPort(ports, wanted);
  const link = await BoardLink.open({ path, open: createBoardPortOpener(ports, path) });
  try {
    let buffered: string[] | undefined = [];
    let program: RunningProgram = {};
    const print = (line: string) => {
      const [level, text] = parseLogLine(line);
      const label = level === "error" ? "error: " : level === "warn" ? "warning: " : "";
      screen.print(label + (program.firmware ? addSourcePositions(text, program.firmware.debug) : text));
    };
    link.on("line", (line) => (buffered ? buffered.push(line) : print(line)));
    link.on("disconnected", () => screen.print(`(${path} is gone: the board was reset or unplugged; waiting for it)`));
    link.on("reconnected", () => screen.print("(the board is back)"));
    screen.print(`Listening on ${path}; Ctrl-C ends.`);
    program = await findRunningProgram(link, builtPrograms);
    if (stopped.aborted) return;
    if (program.note) screen.print(program.note);
    const early = buffered;
    buffered = undefined;
    early.forEach(print);
    if (!stopped.aborted) await new Promise<void>((resolve) => stopped.addEventListener("abort", () => resolve()));
  } finally {
    await link.close();
  }
}

/** The program that a board runs. */
interface RunningProgram {
  readonly firmware?: Firmware;
  /** Why the program is unknown; undefined when `firmware` is set. */
  readonly note?: string;
}

/** Finds the built program that the board runs, by its hash. Source positions of another program would be wrong. */
async function findRunningProgram(link: BoardLink, builtPrograms: readonly Firmware[]): Promise<RunningProgram> {
  const unreported = { note: "(The board does not report which program it runs, so source positions are missing.)" };
  try {
    const { manager } = await link.waitForServices(3000);
    const sha = manager.register(ProgramSha256);
    if (!(await sha.refresh())) return unreported;
    const hash = Buffer.from(sha.data).toString("hex");
    const firmware = builtPrograms.find(({ bytecode }) => createHash("sha256").update(bytecode).digest("hex") === hash);
    if (firmware) return { firmware };
    return { note: "(The board runs a program that was not built here, so source positions are missing. Run npm run deploy to replace it.)" }; // prettier-ignore
  } catch {
    return unreported;
  }
}
