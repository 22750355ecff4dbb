/** The load generator's process: receives one `LoadTask` from its parent and reports progress and the result. */
import { run } from "./run.js";
import type { LoadMessage, LoadTask } from "./task.js";

const sendToParent = (message: LoadMessage): void => void process.send!(message);

process.once("message", (task: LoadTask) => {
  run(task, {
    ready: () => sendToParent({ kind: "ready" }),
    begin: () => sendToParent({ kind: "begin" }),
    end: () => sendToParent({ kind: "end" }),
  })
    .then(
      (result) => sendToParent({ kind: "result", result }),
      (error: Error) => sendToParent({ kind: "failed", problem: error.message }),
    )
    .finally(() => process.disconnect());
});
