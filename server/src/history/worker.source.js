// Starts worker.ts from source during development. Node 20 cannot run TypeScript in a thread, and loading tsx would
// take half a second longer.
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
  bundle: true,
  write: false,
  platform: "node",
  target: "node20",
  format: "esm",
  // A module from a data: URL cannot import packages by name.
  alias: { "node-sqlite3-wasm": import.meta.resolve("node-sqlite3-wasm") },
  external: ["file:*"],
});
// Stops the background process of esbuild.
await stop();
await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
