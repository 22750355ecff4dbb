import { existsSync, readFileSync } from "node:fs";

/** Possible locations of the package.json of nightlight-server: relative to this source file, and to the built file. */
const PACKAGE_FILE_URLS = ["../../package.json", "../../../../package.json"].map(
  (path) => new URL(path, import.meta.url),
);

/** The version of nightlight-server. */
export const VERSION = (
  JSON.parse(
    readFileSync(
      PACKAGE_FILE_URLS.find((file) => existsSync(file))!,
      "utf8",
    ),
  ) as { version: string }
).version;
