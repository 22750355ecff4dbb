/** jacdac-ts, whose types its package does not export, and of which Node can load the CommonJS form alone. */
import { createRequire } from "node:module";
import type * as Jacdac from "../../node_modules/jacdac-ts/dist/types/src/jacdac.js";

export const jacdac = createRequire(import.meta.url)("jacdac-ts") as typeof Jacdac;
export type { JDService } from "../../node_modules/jacdac-ts/dist/types/src/jacdac.js";
