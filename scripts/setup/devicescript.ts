/** DeviceScript's own reading of `.env` files: not a copy of it, but the functions of the CLI that is installed here. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { compileFunction } from "node:vm";
import type { Settings } from "../../sim/settings.js";

type Encoded = Record<string, Uint8Array | undefined>;

/** `parseToSettings` of compiler/src/dotenv.ts and all that it calls, under the names that the bundle gives them. */
const FUNCTIONS = [
  "parseToSettings",
  "stringToSettingValue",
  "JSONTryParse2",
  "stringToBuffer2",
  "stringToUint8Array2",
  "toUTF82",
];

let parser: ((source: string) => Encoded) | undefined;

/**
 * Reads the text of an `.env` file as a deploy does: values by key, undefined for a key that is deleted on the board.
 * @throws Error when the CLI is not installed, or is another version that has no such functions
 */
export function parseAsDeviceScript(text: string): Settings {
  parser ??= loadParser();
  const settings: Settings = {};
  for (const [key, data] of Object.entries(parser(text)))
    settings[key] = data && (JSON.parse(Buffer.from(data).toString("utf8")) as unknown);
  return settings;
}

// The CLI exports nothing, and a build that would parse the file for us takes seconds and writes into the project.
function loadParser(): (source: string) => Encoded {
  const bundle = readBundle();
  const functions = FUNCTIONS.map((name) => {
    const [text] = new RegExp(`^( *)function ${name}\\([^]*?^\\1\\}$`, "m").exec(bundle) ?? [];
    if (!text)
      throw new Error(`DeviceScript's CLI has no function ${name}: it is not the version that package.json names; run npm ci.`); // prettier-ignore
    return text;
  });
  return compileFunction(`${functions.join("\n")}\nreturn parseToSettings(source, true);`, ["source"]) as (
    source: string,
  ) => Encoded;
}

function readBundle(): string {
  try {
    const cli = path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json"));
    return readFileSync(path.join(cli, "built", "devicescript-cli.cjs"), "latin1");
  } catch (error) {
    throw new Error("DeviceScript's CLI is not installed: run npm ci.", { cause: error });
  }
}
