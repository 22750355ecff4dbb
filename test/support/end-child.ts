import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Ends a program, if it runs, and returns when it is gone. */
export async function endChild(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
