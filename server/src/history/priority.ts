import os from "node:os";

/** Niceness: less would be of no use, and more would starve the thread on a machine that is always busy. */
const NICE = 5;

/**
 * The thread that calls this gives way to the others of its process: decisions are waited for, history is not. On Linux only:
 * elsewhere a priority is the whole process's.
 * @param system told apart for tests
 */
export function giveWay(system: Pick<typeof os, "platform" | "getPriority" | "setPriority"> = os): void {
  if (system.platform() !== "linux") return;
  try {
    // whoever started the server may have made all of it nicer than that
    if (system.getPriority() < NICE) system.setPriority(NICE);
  } catch {
    // a container may forbid it: then it shares alike
  }
}
