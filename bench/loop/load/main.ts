/** The load generator's process: receives one `LoadTask` from its parent and reports progress and the result. */
import { run } from "./run.js";
import type { LoadMessage, LoadTask } from "./task.js";

const tell = (message: LoadMessage): void => void process.send!(message);

process.once("message", (task: LoadTask) => {
  run(task, {
    ready: () => tell({ kind: "ready" }),
    begin: () => tell({ kind: "begin" }),
    end: () => tell({ kind: "end" }),
  })
    .then(
      (result) => tell({ kind: "result", result }),
      (error: Error) => tell({ kind: "failed", problem: error.message }),
    )
    .finally(() => process.disconnect());
});
