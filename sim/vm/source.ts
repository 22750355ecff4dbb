/** Extracts the DeviceScript virtual machine from the installed DeviceScript command line tool. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The only supported version of `@devicescript/cli`, because the extraction depends on the layout of its bundle. */
export const CLI_VERSION = "2.16.4";

const BUNDLE_BEGIN = "var require_devicescript_vm = __commonJS(";
const BUNDLE_END = "\n});";

let cached: string | undefined;

/**
 * Returns the JavaScript text of the virtual machine, with its WebAssembly embedded. Caches the text.
 *
 * The text is an object of CommonJS module functions: `{ "<file>"(exports, module) {…} }`.
 * @throws Error when `@devicescript/cli` is missing, has another version, or has an unknown layout
 */
export function getVmSource(): string {
  return (cached ??= readVmSource(createRequire(import.meta.url)));
}

/** Reads the virtual machine like `getVmSource`, without a cache. Finds the command line tool with the given `require`. */
export function readVmSource(require: NodeJS.Require): string {
  const advice = `Run "npm ci" to install @devicescript/cli ${CLI_VERSION}.`;
  let version: unknown;
  let bundle: string;
  try {
    ({ version } = require("@devicescript/cli/package.json") as { version?: unknown });
    bundle = readFileSync(require.resolve("@devicescript/cli/built/devicescript-cli.cjs"), "utf8");
  } catch (error) {
    throw new Error(`The simulator did not find the DeviceScript virtual machine. ${advice}`, {
      cause: error,
    });
  }
  if (version !== CLI_VERSION)
    throw new Error(
      `The simulator supports only @devicescript/cli ${CLI_VERSION}, but ${version} is installed. ${advice}`,
    );
  const begin = bundle.indexOf(BUNDLE_BEGIN);
  const end = bundle.indexOf(BUNDLE_END, begin);
  if (begin < 0 || end < 0)
    throw new Error(
      `The virtual machine was not found inside @devicescript/cli ${CLI_VERSION}; the file may be damaged. ${advice}`,
    );
  return bundle.slice(begin + BUNDLE_BEGIN.length, end + 2);
}
