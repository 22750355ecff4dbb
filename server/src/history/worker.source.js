// The thread from source, for developers: Node 20 gives no TypeScript to a thread, and tsx needs half a second for it.
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
  // what comes as data finds no package by its name
  alias: { "node-sqlite3-wasm": import.meta.resolve("node-sqlite3-wasm") },
  external: ["file:*"],
});
// ends the process that esbuild keeps for further calls
await stop();
await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
