/** Locates the built `nightlight-server`, which Vitest's global setup builds. */
import { fileURLToPath } from "node:url";

/** Path of the program, to run with Node. */
export const NIGHTLIGHT_SERVER = fileURLToPath(new URL("../../server/bin/nightlight-server.js", import.meta.url));
