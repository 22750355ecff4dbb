/** Parses `.env` files with DeviceScript's own parser, taken from the installed CLI. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { compileFunction } from "node:vm";
import type { Settings } from "../../sim/settings.js";

type EncodedSettings = Record<string, Uint8Array | undefined>;

/** The functions of DeviceScript's parser (compiler/src/dotenv.ts) as the CLI's bundle names them. */
const PARSER_FUNCTIONS = [
  "parseToSettings",
  "stringToSettingValue",
  "JSONTryParse2",
  "stringToBuffer2",
  "stringToUint8Array2",
  "toUTF82",
];

let parser: ((source: string) => EncodedSettings) | undefined;

/**
 * Parses the text of an `.env` file like a deploy does. Returns values by key; undefined deletes the setting on the board.
 * @throws Error when the CLI is not installed, or its version lacks the parser
 */
export function parseAsDeviceScript(text: string): Settings {
  parser ??= loadParser();
  const settings: Settings = {};
  for (const [key, data] of Object.entries(parser(text)))
    settings[key] = data && (JSON.parse(Buffer.from(data).toString("utf8")) as unknown);
  return settings;
}

/**
 * Extracts the parser's functions from the CLI's bundle, because the CLI does not export them. A build would also parse the
 * file, but takes seconds and writes into the project.
 */
function loadParser(): (source: string) => EncodedSettings {
  const bundle = readBundle();
  const functions = PARSER_FUNCTIONS.map((name) => {
    const [text] = new RegExp(`^( *)function ${name}\\([^]*?^\\1\\}$`, "m").exec(bundle) ?? [];
    if (!text)
      throw new Error(`DeviceScript's CLI has no function ${name}: its version differs from package.json; run npm ci.`); // prettier-ignore
    return text;
  });
  return compileFunction(`${functions.join("\n")}\nreturn parseToSettings(source, true);`, ["source"]) as (
    source: string,
  ) => EncodedSettings;
}

function readBundle(): string {
  try {
    const cli = path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json"));
    return readFileSync(path.join(cli, "built", "devicescript-cli.cjs"), "latin1");
  } catch (error) {
    throw new Error("DeviceScript's CLI is not installed: run npm ci.", { cause: error });
  }
}
