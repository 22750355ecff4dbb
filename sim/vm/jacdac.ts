/**
 * Loads the jacdac-ts library and re-exports it with its types.
 *
 * The package does not export its types, and Node can load only its CommonJS build.
 */
import { createRequire } from "node:module";
import type * as Jacdac from "../../node_modules/jacdac-ts/dist/types/src/jacdac.js";

export const jacdac = createRequire(import.meta.url)("jacdac-ts") as typeof Jacdac;
export type { JDService } from "../../node_modules/jacdac-ts/dist/types/src/jacdac.js";
