// Stops esbuild in Node's module loader thread: stop-compilers.ts registers this file as a loader hook.
import { stop } from "esbuild";

await stop();
