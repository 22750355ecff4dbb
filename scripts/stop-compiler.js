// Loaded in the thread where Node loads modules: see compilers.ts.
import { stop } from "esbuild";

await stop();
