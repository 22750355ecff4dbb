/** Reads from what the virtual machine prints when the program starts, and why it ends. */
import type { FromBoard } from "./protocol.js";

const START = /^\* start: /;
const FAULT = /^! (Unhandled exception|Exception: )/;

export class ProgramWatch {
  /** The lines about a fault, from the first to the panic that follows. */
  #fault: string[] | undefined;

  constructor(private readonly tell: (message: FromBoard) => void) {}

  /** A line that the virtual machine printed. */
  line(line: string): void {
    if (START.test(line)) this.tell({ type: "started" });
    else if (!this.#fault && FAULT.test(line)) this.#fault = [line];
    // an exception is announced twice, once before its stack and once after
    else if (this.#fault && !FAULT.test(line) && !line.startsWith("DevS-SHA256")) this.#fault.push(line);
  }

  /** The program was stopped with this code; 0 is a restart that it asked for. */
  panic(code: number): void {
    const fault = this.#fault ?? [`panic ${code}`];
    this.#fault = undefined;
    if (code === 0) this.tell({ type: "restarting" });
    else this.tell({ type: "crashed", reason: fault.map((line) => line.replace(/^[!*]\s*/, "")).join("; ") });
  }
}
