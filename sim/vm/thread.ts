/** Starts the worker thread of a simulated board. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import type { BoardSetup } from "./protocol.js";

const WORKER_FILE = new URL("./worker.ts", import.meta.url);

let code: URL | undefined;

/**
 * Bundles the code of the worker thread into one JavaScript module, as a `data:` URL.
 *
 * A worker thread of Node 20 cannot load TypeScript, not even with tsx. The bundle behaves the same under tsx, under
 * vitest and on every platform.
 */
function bundleThreadCode(): URL {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(WORKER_FILE)],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    define: { "import.meta.url": JSON.stringify(WORKER_FILE.href) },
  });
  return new URL(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** Starts a worker thread that powers up a board. The thread sends `MessageFromWorker` and receives `MessageToWorker`. */
export function startThread(setup: BoardSetup): Worker {
  // an empty execArgv keeps the worker from inheriting the flags that load the parent's TypeScript loader
  return new Worker((code ??= bundleThreadCode()), { workerData: setup, execArgv: [], name: "board" });
}
