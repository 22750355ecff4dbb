import { FLAGS } from "./flag-table.js";
import type { LoadedConfiguration } from "./load.js";

/**
 * In an error message, replaces each flag by the source that the user has used. For example, "choose another port with
 * --http-port 0" then names the variable or the line of the file that sets the port. Text in double quotes is a command
 * line and stays unchanged.
 */
export function withSettingNames({ origin }: Pick<LoadedConfiguration, "origin">, sentence: string): string {
  return sentence.replace(/"[^"]*"|(--[a-z-]+)(?: (\d+))?/g, (whole, name?: string, value?: string) => {
    const flag = name && FLAGS.find((one) => one.flag.split(" ")[0] === name);
    const from = flag && origin(flag.path);
    if (!flag || from === undefined || from === name) return whole;
    if (from === flag.env) return value === undefined ? from : `${from}=${value}`;
    // Keep the name of a flag or variable that gives a file with the value, because the user has written this name.
    if (/^(--|NIGHTLIGHT_)/.test(from)) return from;
    const setting = flag.path.join(" > ");
    return value === undefined ? `${setting} (${from})` : `${setting}: ${value} (${from})`;
  });
}
