/** Starts the thread of a board. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import type { BoardSetup } from "./protocol.js";

const ENTRY = new URL("./worker.ts", import.meta.url);

let code: URL | undefined;

/**
 * The thread's program as one piece of JavaScript, made once a process: a thread of Node 20 cannot be given TypeScript,
 * with tsx neither, and so it runs alike under tsx, under vitest and on every platform.
 */
function threadCode(): URL {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(ENTRY)],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    define: { "import.meta.url": JSON.stringify(ENTRY.href) },
  });
  return new URL(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** A board's thread, powered up with `setup`; it speaks `FromBoard` and understands `ToBoard`. */
export function startThread(setup: BoardSetup): Worker {
  // not the parent's flags: they load its own TypeScript loader
  return new Worker((code ??= threadCode()), { workerData: setup, execArgv: [], name: "board" });
}
