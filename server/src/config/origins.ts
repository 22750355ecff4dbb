import { FLAGS } from "./flag-table.js";
import type { LoadedConfiguration } from "./load.js";

/**
 * Replaces flags in an error message by the names that the user has used. For example, "choose another port with
 * --http-port 0" names the variable or the line of the file that set the port. Text in double quotes is a command line
 * and stays unchanged.
 */
export function withSettingNames({ origin }: Pick<LoadedConfiguration, "origin">, sentence: string): string {
  return sentence.replace(/"[^"]*"|(--[a-z-]+)(?: (\d+))?/g, (whole, name?: string, value?: string) => {
    const flag = name && FLAGS.find((one) => one.flag.split(" ")[0] === name);
    const from = flag && origin(flag.path);
    if (!flag || from === undefined || from === name) return whole;
    if (from === flag.env) return value === undefined ? from : `${from}=${value}`;
    // A flag or variable that reads the setting from a file keeps its name.
    if (/^(--|NIGHTLIGHT_)/.test(from)) return from;
    const setting = flag.path.join(" > ");
    return value === undefined ? `${setting} (${from})` : `${setting}: ${value} (${from})`;
  });
}
