/** Detects starts, restarts, crashes and updates of the program from the log of the virtual machine. */
import type { MessageFromWorker } from "./protocol.js";

const START_LINE = /^\* start: /;
const EXCEPTION_LINE = /^! (Unhandled exception|Exception: )/;
const RECEIVING_LINE = /^mgr: deploy \d+ b/;
const RECEIVED_LINE = /^mgr: program written/;

/** Parses the log lines of the virtual machine and reports the state of the program. */
export class ProgramMonitor {
  /** Log lines about the current fault, collected until the panic. */
  #exception: string[] | undefined;
  /** Whether programs that arrive now are updates over the air, and not the deployment to a new board. */
  reportsUpdates = false;
  /** Whether a program has started since power-up. */
  hasStarted = false;

  constructor(private readonly send: (message: MessageFromWorker) => void) {}

  /** Processes one log line of the virtual machine. */
  handleLine(line: string): void {
    if (START_LINE.test(line)) {
      this.hasStarted = true;
      this.send({ type: "started" });
    } else if (this.reportsUpdates && RECEIVING_LINE.test(line)) this.send({ type: "update", stage: "receiving" });
    else if (this.reportsUpdates && RECEIVED_LINE.test(line)) this.send({ type: "update", stage: "received" });
    else if (!this.#exception && EXCEPTION_LINE.test(line)) this.#exception = [line];
    // the virtual machine prints an exception twice: before and after its stack trace
    else if (this.#exception && !EXCEPTION_LINE.test(line) && !line.startsWith("DevS-SHA256"))
      this.#exception.push(line);
  }

  /** Reports that the program stopped with a panic code. Code 0 is a restart that the program requested. */
  handlePanic(code: number): void {
    const exception = this.#exception ?? [`panic ${code}`];
    this.#exception = undefined;
    if (code === 0) this.send({ type: "restarting" });
    else this.send({ type: "crashed", reason: exception.map((line) => line.replace(/^[!*]\s*/, "")).join("; ") });
  }
}
