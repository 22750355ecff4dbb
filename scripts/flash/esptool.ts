/** Finds Espressif's esptool, which writes to the flash memory of ESP32 chips, and checks its version. */
import { StepError } from "../../flashing/step-error.js";
import { runProgram } from "../lib/run-program.js";

/** An installed esptool. Its command line is `command`, `args`, then esptool's own arguments. */
export interface Esptool {
  readonly command: string;
  readonly args: readonly string[];
  /** Version of esptool, such as "4.8.1". */
  readonly version: string;
}

type EsptoolCommand = readonly [command: string, ...args: string[]];

/**
 * Ways to start esptool, in order of preference. On Windows, pip installs a script that only Python can start; elsewhere
 * the command on PATH is the one that a person would run.
 */
const PATH_COMMANDS: readonly EsptoolCommand[] = [["esptool.py"], ["esptool"]];
const MODULE_COMMANDS: readonly EsptoolCommand[] = [
  ["python3", "-m", "esptool"],
  ["python", "-m", "esptool"],
];
export const ESPTOOL_COMMANDS: readonly EsptoolCommand[] =
  process.platform === "win32"
    ? [["py", "-m", "esptool"], ...MODULE_COMMANDS, ...PATH_COMMANDS]
    : [...PATH_COMMANDS, ...MODULE_COMMANDS];

const INSTALL_COMMAND = 'python3 -m pip install "esptool>=4.5,<5"';
const INSTALL_REMEDY =
  `Install a version from 4.5 up to, but not including, 5: ${process.platform === "win32" ? INSTALL_COMMAND.replace("python3", "py") : INSTALL_COMMAND} ` +
  '(if pip refuses because the system manages Python: pipx install "esptool<5").';

/** Time limit in ms for one attempt: Python may take seconds to start from a cold disk. */
const ATTEMPT_TIMEOUT = 20_000;

/**
 * Finds an esptool from version 4.5 up to, but not including, 5. Older versions lack some chips, and version 5 changed its
 * output.
 * @param given a command to use instead of searching
 * @throws StepError when no supported version is found; the error lists the installed versions that are not supported
 */
export async function findEsptool(given?: string, env = process.env): Promise<Esptool> {
  const unsupported: string[] = [];
  for (const [command, ...args] of given ? [[given] as const] : ESPTOOL_COMMANDS) {
    const { output } = await runProgram(command, [...args, "version"], { within: ATTEMPT_TIMEOUT, env });
    const version = parseVersion(output);
    if (!version) continue;
    if (isSupported(version)) return { command, args, version };
    unsupported.push(`${[command, ...args].join(" ")} is version ${version}`);
  }
  if (unsupported.length > 0)
    throw new StepError("esptool", `${unsupported.join(", and ")}, which does not work here.`, INSTALL_REMEDY);
  throw new StepError(
    "esptool",
    given ? `${given} is not esptool.` : "esptool was not found on this computer.",
    INSTALL_REMEDY,
  );
}

/** Finds the version in the output: version 4 prints "esptool.py v4.8.1", version 5 "esptool v5.0.0". */
function parseVersion(output: string): string | undefined {
  return /^esptool(?:\.py)? v(\d+\.\d+\S*)/m.exec(output)?.[1];
}

function isSupported(version: string): boolean {
  const [major, minor] = version.split(".").map((part) => parseInt(part));
  return major === 4 && minor >= 5;
}
