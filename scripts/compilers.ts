/** The processes that compile TypeScript for programs of the checkout. */
import { register } from "node:module";
import { stop } from "esbuild";

/**
 * Stops them: a program that runs for days needs them no more. They start again by themselves when something more is to
 * be compiled. To be called when nothing is being loaded.
 */
export async function stopCompilers(): Promise<void> {
  await stop();
  // tsx has another in the thread where Node loads modules, and what is registered is loaded in that thread
  register("./stop-compiler.js", import.meta.url);
}
