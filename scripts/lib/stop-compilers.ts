/** Stops the esbuild processes that tsx starts to compile TypeScript. */
import { register } from "node:module";
import { stop } from "esbuild";

/**
 * Stops the compiler processes, which a long-running program no longer needs. They restart when another file has to be
 * compiled. Call this only while no module is loading.
 */
export async function stopCompilers(): Promise<void> {
  await stop();
  // tsx runs a second compiler in Node's module loader thread; a registered hook is loaded in that thread
  register("./stop-esbuild.js", import.meta.url);
}
