import { FLAGS } from "./flag-table.js";
import type { LoadedConfiguration } from "./load.js";

/**
 * A sentence that names flags, such as "choose another port with --http-port 0", in terms of where the settings come from: a
 * variable or a line of the file. What stands in double quotes is for a command line and stays as it is.
 */
export function inTermsOf({ origin }: Pick<LoadedConfiguration, "origin">, sentence: string): string {
  return sentence.replace(/"[^"]*"|(--[a-z-]+)(?: (\d+))?/g, (whole, name?: string, value?: string) => {
    const flag = name && FLAGS.find((one) => one.flag.split(" ")[0] === name);
    const from = flag && origin(flag.path);
    if (!flag || from === undefined || from === name) return whole;
    if (from === flag.env) return value === undefined ? from : `${from}=${value}`;
    // a flag or variable that names a file is not replaced by its value
    if (/^(--|NIGHTLIGHT_)/.test(from)) return from;
    const setting = flag.path.join(" > ");
    return value === undefined ? `${setting} (${from})` : `${setting}: ${value} (${from})`;
  });
}
