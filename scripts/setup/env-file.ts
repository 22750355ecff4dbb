/** The text of `.env.local`: what a line must look like for DeviceScript to read back what was meant. */
import type { Settings } from "../../sim/settings.js";

/**
 * The line of a setting; undefined gives `KEY=`, with which a deploy deletes the setting on the board.
 * Text that DeviceScript would take for something else stands in quotes, as JSON: there `#`, which drops the whole line
 * anywhere in it, is `\u0023`, and nothing is left that an editor could trim or recode.
 */
export function lineOf(key: string, value: unknown): string {
  if (value === undefined) return `${key}=`;
  const json = JSON.stringify(value);
  if (typeof value !== "string") return `${key}=${json}`;
  if (isPlain(value)) return `${key}=${value}`;
  return `${key}=${json.replace(/[^ -"$-~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}`;
}

/** Whether a value may stand as it is. */
function isPlain(value: string): boolean {
  if (!/^[!$-~]([ !$-~]*[!$-~])?$/.test(value)) return false;
  try {
    JSON.parse(value);
    return false;
  } catch {
    return true;
  }
}

/** The key that a line is about, even when DeviceScript would not take it so; undefined for comments and other text. */
export function keyOf(line: string): string | undefined {
  // DeviceScript overlooks signs of equality at the beginning
  const [, key] = /^[\s\uFEFF=]*([^#=\s][^#=]*?)\s*=/.exec(line) ?? [];
  return key;
}

/** Puts settings into the text of a file. Every other line stays, in its place; of several for one key, the first does. */
export function change(text: string, settings: Settings): string {
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const left = new Set(Object.keys(settings));
  const lines: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const key = keyOf(line);
    if (key === undefined || !Object.hasOwn(settings, key)) lines.push(line);
    else if (left.delete(key)) lines.push(lineOf(key, settings[key]));
  }
  while (lines.at(-1) === "") lines.pop();
  for (const key of left) lines.push(lineOf(key, settings[key]));
  return lines.map((line) => line + end).join("");
}
