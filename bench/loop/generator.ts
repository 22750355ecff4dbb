/** The load generator's process, seen from outside. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadMessage, LoadResult, LoadTask } from "./load/task.js";

const PROGRAM = fileURLToPath(new URL("load/main.ts", import.meta.url));

/**
 * Runs one task.
 * @param edge called at both edges of the window; what it gives is waited for
 * @throws Error when the generator says that it failed, or ends
 */
export async function generate(task: LoadTask, edge: (which: "begin" | "end") => Promise<void>): Promise<LoadResult> {
  const child = fork(PROGRAM, { execArgv: ["--import", "tsx"] });
  const edges: Promise<void>[] = [];
  try {
    const result = await new Promise<LoadResult>((resolve, reject) => {
      child.on("message", (message: LoadMessage) => {
        if (message.kind === "result") resolve(message.result);
        else if (message.kind === "failed") reject(new Error(message.problem));
        else if (message.kind !== "ready") edges.push(edge(message.kind));
      });
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`The load generator ended with exit code ${code}.`)));
      child.send(task);
    });
    await Promise.all(edges);
    return result;
  } finally {
    child.kill();
  }
}
