/** Where peers that are compiled or installed for a benchmark stay for the next one. */
import path from "node:path";
import { fileURLToPath } from "node:url";

export const CACHE =
  fileURLToPath(new URL("../../../node_modules/.cache/nightlight-bench", import.meta.url)) + path.sep;
