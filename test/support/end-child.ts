import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Sends a signal to a child process and waits for its exit. Does nothing if the process has already exited. */
export async function endChild(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
