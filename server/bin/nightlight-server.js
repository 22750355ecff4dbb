#!/usr/bin/env node
// Starts the compiled server. A checkout of the repository needs `npm run build` first.
import { existsSync } from "node:fs";

const mainUrl = new URL("../dist/server/src/main.js", import.meta.url);
if (existsSync(mainUrl)) await import(mainUrl.href);
else {
  console.error("nightlight-server has not been built here: run npm run build first.");
  process.exitCode = 1;
}
