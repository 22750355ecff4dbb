/** Loads configuration files in tests, as the server does. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createCommand } from "../../../server/src/app/cli.js";
import type { Environment } from "../../../server/src/common/environment.js";
import { loadConfiguration, type LoadedConfiguration } from "../../../server/src/config/load.js";
import { ConfigurationError } from "../../../server/src/config/problems.js";
import { NIGHTLIGHT_SERVER } from "../../support/nightlight-server.js";
import { createTemporaryFolder } from "./server.js";

/** Writes a configuration file, which is deleted after the test. Returns the path. */
export async function writeConfigFile(text: string | Buffer): Promise<string> {
  const file = path.join(await createTemporaryFolder(), "nightlight.yaml");
  await writeFile(file, text);
  return file;
}

/** Returns the server's configuration for these flags and this environment. */
export function loadConfig(flags: readonly string[] = [], env: Environment = {}): LoadedConfiguration {
  return loadConfiguration(createCommand().parse(flags, { from: "user" }), env);
}

/** Returns the server's configuration for a configuration file with this text. */
export async function loadConfigText(text: string, flags: readonly string[] = [], env: Environment = {}) {
  return loadConfig(["--config", await writeConfigFile(text), ...flags], env);
}

/** Returns the problems in a configuration file with this text, each as `line:column: problem`. */
export async function findProblemsIn(text: string | Buffer, flags: readonly string[] = [], env: Environment = {}) {
  const file = await writeConfigFile(text);
  try {
    loadConfig(["--config", file, ...flags], env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((problem) => problem.text.replace(`${file}:`, ""));
  }
  return [];
}

export interface ProgramOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `nightlight-server` in a folder and waits until it exits. */
export function runNightlight(folder: string, ...args: string[]): Promise<ProgramOutcome> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [NIGHTLIGHT_SERVER, ...args], { cwd: folder, timeout: 60_000 }, (error, out, err) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ code, out, err });
      else reject(error as Error);
    });
  });
}
