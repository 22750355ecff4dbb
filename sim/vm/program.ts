/** Detects starts, restarts and crashes of the program from the log of the virtual machine. */
import type { FromBoard } from "./protocol.js";

const START = /^\* start: /;
const FAULT = /^! (Unhandled exception|Exception: )/;

/** Parses the log lines of the virtual machine and reports the state of the program. */
export class ProgramWatch {
  /** Log lines about the current fault, collected until the panic. */
  #fault: string[] | undefined;

  constructor(private readonly tell: (message: FromBoard) => void) {}

  /** Processes one log line of the virtual machine. */
  line(line: string): void {
    if (START.test(line)) this.tell({ type: "started" });
    else if (!this.#fault && FAULT.test(line)) this.#fault = [line];
    // the virtual machine prints an exception twice: before and after its stack trace
    else if (this.#fault && !FAULT.test(line) && !line.startsWith("DevS-SHA256")) this.#fault.push(line);
  }

  /** Reports that the program stopped with a panic code. Code 0 is a restart that the program requested. */
  panic(code: number): void {
    const fault = this.#fault ?? [`panic ${code}`];
    this.#fault = undefined;
    if (code === 0) this.tell({ type: "restarting" });
    else this.tell({ type: "crashed", reason: fault.map((line) => line.replace(/^[!*]\s*/, "")).join("; ") });
  }
}
