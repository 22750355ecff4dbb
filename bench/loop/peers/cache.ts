/** The cache folder for servers that a benchmark compiles or installs. */
import path from "node:path";
import { fileURLToPath } from "node:url";

export const CACHE_FOLDER =
  fileURLToPath(new URL("../../../node_modules/.cache/nightlight-bench", import.meta.url)) + path.sep;
