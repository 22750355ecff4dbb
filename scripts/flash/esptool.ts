/** Espressif's esptool, which writes to the flash memory of their chips: found, and asked for its version. */
import { StepError } from "./failure.js";
import { runProgram } from "./program.js";

/** How to run it: `command`, then `args`, then esptool's own arguments. */
export interface Esptool {
  readonly command: string;
  readonly args: readonly string[];
  /** Such as "4.8.1". */
  readonly version: string;
}

type Candidate = readonly [command: string, ...args: string[]];

/**
 * Where it is looked for. On Windows pip installs a script that only Python can start; elsewhere one on PATH is what a
 * person would run.
 */
const ON_PATH: readonly Candidate[] = [["esptool.py"], ["esptool"]];
const AS_MODULE: readonly Candidate[] = [
  ["python3", "-m", "esptool"],
  ["python", "-m", "esptool"],
];
export const CANDIDATES: readonly Candidate[] =
  process.platform === "win32" ? [["py", "-m", "esptool"], ...AS_MODULE, ...ON_PATH] : [...ON_PATH, ...AS_MODULE];

const INSTALL = 'python3 -m pip install "esptool>=4.5,<5"';
const REMEDY =
  `Install a version from 4.5 up to, but not including, 5: ${process.platform === "win32" ? INSTALL.replace("python3", "py") : INSTALL} ` +
  '(where pip refuses because Python is managed by the system: pipx install "esptool<5").';

/** A Python that starts on a cold disk takes seconds. */
const WITHIN = 20_000;

/**
 * Finds an esptool that will do: 4.5 or newer, because older ones lack the chips, and older than 5, whose output is another.
 * @param given a command to use in place of those on this computer
 * @throws StepError when there is none, with the versions that will not do
 */
export async function findEsptool(given?: string, env = process.env): Promise<Esptool> {
  const unfit: string[] = [];
  for (const [command, ...args] of given ? [[given] as const] : CANDIDATES) {
    const { output } = await runProgram(command, [...args, "version"], { within: WITHIN, env });
    const version = versionOf(output);
    if (!version) continue;
    if (isFit(version)) return { command, args, version };
    unfit.push(`${[command, ...args].join(" ")} is version ${version}`);
  }
  if (unfit.length > 0) throw new StepError("esptool", `${unfit.join(", and ")}, which will not do.`, REMEDY);
  throw new StepError("esptool", given ? `${given} is not esptool.` : "It was not found on this computer.", REMEDY);
}

/** Version 4 says "esptool.py v4.8.1", version 5 "esptool v5.0.0". */
function versionOf(output: string): string | undefined {
  return /^esptool(?:\.py)? v(\d+\.\d+\S*)/m.exec(output)?.[1];
}

function isFit(version: string): boolean {
  const [major, minor] = version.split(".").map((part) => parseInt(part));
  return major === 4 && minor >= 5;
}
