/** Takes the DeviceScript virtual machine out of the installed DeviceScript command line tool, which carries it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The one version whose inside is known here. */
export const CLI_VERSION = "2.16.4";

const BEGIN = "var require_devicescript_vm = __commonJS(";
const END = "\n});";

let cached: string | undefined;

/**
 * The virtual machine as the text of a CommonJS wrapper object, `{ "<file>"(exports, module) {…} }`; the WebAssembly is inside.
 * @throws Error when `@devicescript/cli` is missing, of another version, or built differently.
 */
export function vmSource(): string {
  return (cached ??= readVmSource(createRequire(import.meta.url)));
}

/** `vmSource` without its memory, for a given place to look for the command line tool. */
export function readVmSource(require: NodeJS.Require): string {
  const advice = `Run "npm ci" to install @devicescript/cli ${CLI_VERSION}.`;
  let version: unknown;
  let bundle: string;
  try {
    ({ version } = require("@devicescript/cli/package.json") as { version?: unknown });
    bundle = readFileSync(require.resolve("@devicescript/cli/built/devicescript-cli.cjs"), "utf8");
  } catch (error) {
    throw new Error(`The simulator needs the DeviceScript virtual machine, which was not found. ${advice}`, {
      cause: error,
    });
  }
  if (version !== CLI_VERSION)
    throw new Error(`The simulator knows @devicescript/cli ${CLI_VERSION}, but ${version} is installed. ${advice}`);
  const begin = bundle.indexOf(BEGIN);
  const end = bundle.indexOf(END, begin);
  if (begin < 0 || end < 0)
    throw new Error(
      `The virtual machine is not where it should be in @devicescript/cli ${CLI_VERSION}; the file may be damaged. ${advice}`,
    );
  return bundle.slice(begin + BEGIN.length, end + 2);
}
