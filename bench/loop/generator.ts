/** Runs the load generator in a child process. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadMessage, LoadResult, LoadTask } from "./load/task.js";

const GENERATOR_PROGRAM = fileURLToPath(new URL("load/main.ts", import.meta.url));

/**
 * Runs one load task and returns its result.
 * @param onWindow called at the start and at the end of the measurement window; `runGenerator` waits for its promises
 * @throws Error when the generator reports a failure or exits
 */
export async function runGenerator(
  task: LoadTask,
  onWindow: (which: "begin" | "end") => Promise<void>,
): Promise<LoadResult> {
  const child = fork(GENERATOR_PROGRAM, { execArgv: ["--import", "tsx"] });
  const pending: Promise<void>[] = [];
  try {
    const result = await new Promise<LoadResult>((resolve, reject) => {
      child.on("message", (message: LoadMessage) => {
        if (message.kind === "result") resolve(message.result);
        else if (message.kind === "failed") reject(new Error(message.problem));
        else if (message.kind !== "ready") pending.push(onWindow(message.kind));
      });
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`The load generator ended with exit code ${code}.`)));
      child.send(task);
    });
    await Promise.all(pending);
    return result;
  } finally {
    child.kill();
  }
}
