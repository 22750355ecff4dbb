/** Prints the events of simulated boards to the console, one line per event. */
import { styleText } from "node:util";
import type { SimulatedBoard } from "./board.js";
import type { LogLevel } from "./log.js";

type PrintLine = (line: string) => void;

const DEFAULT_LEVELS: LogLevel[] = ["info", "warn", "error"];

interface PrintOptions {
  /** Whether to print debug and runtime logs. */
  readonly verbose?: boolean;
  /** Whether to print lamp changes. */
  readonly lamps?: boolean;
  readonly print?: PrintLine;
}

/** Prints starts, crashes, reboots, updates, program logs and lamp changes of a board. */
export function printEvents(
  board: SimulatedBoard,
  { verbose = false, lamps = true, print = console.log }: PrintOptions = {},
): void {
  const printEvent = (text: string) => print(`${styleText("dim", board.id)}  ${text}`);
  board.on("start", () => printEvent(styleText("green", "started")));
  board.on("crash", (reason) => printEvent(styleText("red", `crashed: ${reason}`)));
  board.on("reboot", (reason) => printEvent(styleText("yellow", reason)));
  board.on("update", (stage) =>
    printEvent(styleText("yellow", stage === "receiving" ? "receives a new program …" : "received the new program")),
  );
  board.on("empty", () => printEvent(styleText("yellow", "has no program and waits for one from its server")));
  board.on("lamp", (on) => {
    if (!lamps) return;
    const lamp = on ? styleText("yellow", "● lamp on ") : styleText("dim", "○ lamp off");
    printEvent(`${lamp}  light ${board.light}`);
  });
  board.on("log", (level, text) => {
    if (level === "error") printEvent(styleText("red", text));
    else if (verbose || DEFAULT_LEVELS.includes(level))
      printEvent(level === "runtime" || level === "debug" ? styleText("dim", text) : text);
  });
}
