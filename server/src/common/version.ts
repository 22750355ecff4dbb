import { existsSync, readFileSync } from "node:fs";

/** Locations of the package.json of nightlight-server, relative to the source file and to the built file. */
const FILES = ["../../package.json", "../../../../package.json"].map((path) => new URL(path, import.meta.url));

/** The version of nightlight-server. */
export const VERSION = (
  JSON.parse(
    readFileSync(
      FILES.find((file) => existsSync(file))!,
      "utf8",
    ),
  ) as { version: string }
).version;
