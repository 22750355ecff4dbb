/** `npm run monitor`: the log of a board, with the places in the source where it has those of the bytecode. */
import { createHash } from "node:crypto";
import { firmwareEntries } from "../build.js";
import { loadFirmware, type Firmware } from "../../sim/firmware.js";
import { parseLine } from "../../sim/log.js";
import { withPositions } from "../../sim/positions.js";
import { jacdac } from "../../sim/vm/jacdac.js";
import { boardPort } from "../serial/ports.js";
import { BoardLink } from "../serial/link.js";
import { findPort, type Surroundings } from "./flow.js";

const { ProgramSha256 } = jacdac.DeviceScriptManagerReg;

/** The firmware that was built here, of every board that it was built for. */
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
 * Prints what a board says until `stopped`.
 * @param built what the board may run
 * @throws StepError when its port cannot be opened
 */
export async function listen(
  { ports, screen }: Pick<Surroundings, "ports" | "screen">,
  wanted: string | undefined,
  built: readonly Firmware[],
  stopped: AbortSignal,
): Promise<void> {
  const path = await findPort(ports, wanted);
  const link = await BoardLink.open({ path, open: boardPort(ports, path) });
  try {
    let waiting: string[] | undefined = [];
    let program: Program = {};
    const print = (line: string) => {
      const [level, text] = parseLine(line);
      const sign = level === "error" ? "error: " : level === "warn" ? "warning: " : "";
      screen.say(sign + (program.firmware ? withPositions(text, program.firmware.debug) : text));
    };
    link.on("line", (line) => (waiting ? waiting.push(line) : print(line)));
    link.on("gone", () => screen.say(`(${path} is gone: the board was reset, or unplugged; waiting for it)`));
    link.on("back", () => screen.say("(the board is back)"));
    screen.say(`Listening on ${path}; Ctrl-C ends.`);
    program = await programOf(link, built);
    if (stopped.aborted) return;
    if (program.note) screen.say(program.note);
    const early = waiting;
    waiting = undefined;
    early.forEach(print);
    if (!stopped.aborted) await new Promise<void>((resolve) => stopped.addEventListener("abort", () => resolve()));
  } finally {
    await link.close();
  }
}

interface Program {
  readonly firmware?: Firmware;
  /** Why it is not known. */
  readonly note?: string;
}

/** Which of the built programs the board runs: the positions of another would be wrong. */
async function programOf(link: BoardLink, built: readonly Firmware[]): Promise<Program> {
  try {
    const { manager } = await link.services(3000);
    const sha = manager.register(ProgramSha256);
    await sha.refresh();
    const hash = Buffer.from(sha.data ?? []).toString("hex");
    const firmware = built.find(({ bytecode }) => createHash("sha256").update(bytecode).digest("hex") === hash);
    if (firmware) return { firmware };
    return { note: "(The board runs another program than was built here: no places in the source. npm run deploy changes that.)" }; // prettier-ignore
  } catch {
    return { note: "(The board does not say which program it runs: no places in the source.)" };
  }
}
