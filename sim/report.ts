/** Prints the events of simulated boards to the console, one line per event. */
import { styleText } from "node:util";
import type { SimulatedBoard } from "./board.js";
import type { LogLevel } from "./log.js";

type PrintLine = (line: string) => void;

const DEFAULT_LEVELS: LogLevel[] = ["info", "warn", "error"];

/** Prints starts, crashes, reboots, program logs and lamp changes of a board; `verbose` adds debug and runtime logs. */
export function printEvents(board: SimulatedBoard, { verbose = false, print = console.log as PrintLine } = {}): void {
  const printEvent = (text: string) => print(`${styleText("dim", board.id)}  ${text}`);
  board.on("start", () => printEvent(styleText("green", "started")));
  board.on("crash", (reason) => printEvent(styleText("red", `crashed: ${reason}`)));
  board.on("reboot", (reason) => printEvent(styleText("yellow", reason)));
  board.on("lamp", (on) => {
    const lamp = on ? styleText("yellow", "● lamp on ") : styleText("dim", "○ lamp off");
    printEvent(`${lamp}  light ${board.light}`);
  });
  board.on("log", (level, text) => {
    if (level === "error") printEvent(styleText("red", text));
    else if (verbose || DEFAULT_LEVELS.includes(level))
      printEvent(level === "runtime" || level === "debug" ? styleText("dim", text) : text);
  });
}
