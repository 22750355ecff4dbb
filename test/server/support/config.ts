/** Configuration files of one test, read as the server reads them. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createCommand } from "../../../server/src/app/cli.js";
import type { Environment } from "../../../server/src/config/flags.js";
import { loadConfiguration, type LoadedConfiguration } from "../../../server/src/config/load.js";
import { ConfigurationError } from "../../../server/src/config/problems.js";
import { NIGHTLIGHT_SERVER } from "../../support/nightlight-server.js";
import { temporaryFolder } from "./server.js";

/** A file with this text, deleted after the test. */
export async function configFile(text: string | Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(), "nightlight.yaml");
  await writeFile(file, text);
  return file;
}

/** What the server goes by with these flags and this environment. */
export function load(flags: readonly string[] = [], env: Environment = {}): LoadedConfiguration {
  return loadConfiguration(createCommand().parse(flags, { from: "user" }), env);
}

/** What the server goes by with a file of this text. */
export async function loadText(text: string, flags: readonly string[] = [], env: Environment = {}) {
  return load(["--config", await configFile(text), ...flags], env);
}

/** All that is wrong with a file of this text, a line each, beginning with `line:column: `. */
export async function problemsIn(text: string | Buffer, flags: readonly string[] = [], env: Environment = {}) {
  const file = await configFile(text);
  try {
    load(["--config", file, ...flags], env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((problem) => problem.text.replace(`${file}:`, ""));
  }
  return [];
}

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `nightlight-server` in a folder, to its end. */
export function nightlight(folder: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [NIGHTLIGHT_SERVER, ...args], { cwd: folder, timeout: 60_000 }, (error, out, err) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ code, out, err });
      else reject(error as Error);
    });
  });
}
