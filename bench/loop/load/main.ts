/** The load generator's process: receives one `LoadTask` from its parent and reports progress and the result. */
import { runLoadTask } from "./run.js";
import type { LoadMessage, LoadTask } from "./task.js";

const sendToParent = (message: LoadMessage): void => void process.send!(message);

process.once("message", (task: LoadTask) => {
  runLoadTask(task, {
    onReady: () => sendToParent({ kind: "ready" }),
    onWindowBegin: () => sendToParent({ kind: "begin" }),
    onWindowEnd: () => sendToParent({ kind: "end" }),
  })
    .then(
      (result) => sendToParent({ kind: "result", result }),
      (error: Error) => sendToParent({ kind: "failed", problem: error.message }),
    )
    .finally(() => process.disconnect());
});
