/** `npm run monitor`: prints a board's log, with source positions instead of bytecode positions. */
import { createHash } from "node:crypto";
import { firmwareEntries } from "../lib/repository.js";
import { loadFirmware, type Firmware } from "../../sim/firmware.js";
import { parseLine } from "../../sim/log.js";
import { withPositions } from "../../sim/positions.js";
import { jacdac } from "../../sim/vm/jacdac.js";
import { boardPort } from "../lib/serial/ports.js";
import { BoardLink } from "../lib/serial/link.js";
import { findPort, type Computer } from "./flow.js";

const { ProgramSha256 } = jacdac.DeviceScriptManagerReg;

/** Loads the built firmware of every board; boards without a build are left out. */
export async function builtFirmware(): Promise<Firmware[]> {
  return (await firmwareEntries()).flatMap((entry) => {
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
  const link = await BoardLink.open({ path, open: boardPort(ports, path) });
  try {
    let buffered: string[] | undefined = [];
    let program: Program = {};
    const print = (line: string) => {
      const [level, text] = parseLine(line);
      const label = level === "error" ? "error: " : level === "warn" ? "warning: " : "";
      screen.print(label + (program.firmware ? withPositions(text, program.firmware.debug) : text));
    };
    link.on("line", (line) => (buffered ? buffered.push(line) : print(line)));
    link.on("disconnected", () => screen.print(`(${path} is gone: the board was reset or unplugged; waiting for it)`));
    link.on("reconnected", () => screen.print("(the board is back)"));
    screen.print(`Listening on ${path}; Ctrl-C ends.`);
    program = await runningProgram(link, builtPrograms);
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
interface Program {
  readonly firmware?: Firmware;
  /** Why the program is unknown; undefined when `firmware` is set. */
  readonly note?: string;
}

/** Finds the built program that the board runs, by its hash. Source positions of another program would be wrong. */
async function runningProgram(link: BoardLink, builtPrograms: readonly Firmware[]): Promise<Program> {
  try {
    const { manager } = await link.services(3000);
    const sha = manager.register(ProgramSha256);
    await sha.refresh();
    const hash = Buffer.from(sha.data ?? []).toString("hex");
    const firmware = builtPrograms.find(({ bytecode }) => createHash("sha256").update(bytecode).digest("hex") === hash);
    if (firmware) return { firmware };
    return { note: "(The board runs a program that was not built here, so source positions are missing. Run npm run deploy to replace it.)" }; // prettier-ignore
  } catch {
    return { note: "(The board does not report which program it runs, so source positions are missing.)" };
  }
}
