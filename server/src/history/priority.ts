import os from "node:os";

/** Niceness of the history thread. A higher value would starve the thread on a machine that is always busy. */
const NICENESS = 5;

/**
 * Lowers the priority of the calling thread, because lamp decisions are urgent and the history is not. Works on Linux
 * only: other systems set the priority of the whole process.
 * @param system replaced in tests
 */
export function lowerThreadPriority(system: Pick<typeof os, "platform" | "getPriority" | "setPriority"> = os): void {
  if (system.platform() !== "linux") return;
  try {
    // Do not raise the priority of a server that somebody has started with a higher niceness.
    if (system.getPriority() < NICENESS) system.setPriority(NICENESS);
  } catch {
    // A container may forbid the change: the thread then keeps its normal priority.
  }
}
