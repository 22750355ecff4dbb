/** Writes settings into the text of `.env.local` in a form that DeviceScript's parser reads back unchanged. */
import type { Settings } from "../../sim/settings.js";

/**
 * Returns the line for a setting. The value undefined gives `KEY=`, which makes a deploy delete the setting on the board.
 * Text that DeviceScript would misread becomes a JSON string. In this string, `#` is written as `\u0023`, because
 * DeviceScript drops every line with a `#`. Characters outside ASCII are escaped, so that a text editor with another
 * encoding cannot change them.
 */
export function formatLine(key: string, value: unknown): string {
  if (value === undefined) return `${key}=`;
  const json = JSON.stringify(value);
  if (typeof value !== "string") return `${key}=${json}`;
  if (isPlain(value)) return `${key}=${value}`;
  return `${key}=${json.replace(/[^ -"$-~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}`;
}

/** Returns whether a value needs no quotes. */
function isPlain(value: string): boolean {
  if (!/^[!$-~]([ !$-~]*[!$-~])?$/.test(value)) return false;
  try {
    JSON.parse(value);
    return false;
  } catch {
    return true;
  }
}

/** Returns the key that a line sets, even when DeviceScript would misread the line; undefined for comments and other text. */
export function parseKey(line: string): string | undefined {
  // DeviceScript ignores leading = signs
  const [, key] = /^[\s\uFEFF=]*([^#=\s][^#=]*?)\s*=/.exec(line) ?? [];
  return key;
}

/**
 * Replaces or adds settings in the text of an `.env` file. Lines without these settings stay unchanged. When several
 * lines set the same key, the first line remains.
 */
export function replaceSettings(text: string, settings: Settings): string {
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const missing = new Set(Object.keys(settings));
  const lines: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const key = parseKey(line);
    if (key === undefined || !Object.hasOwn(settings, key)) lines.push(line);
    else if (missing.delete(key)) lines.push(formatLine(key, settings[key]));
  }
  while (lines.at(-1) === "") lines.pop();
  for (const key of missing) lines.push(formatLine(key, settings[key]));
  return lines.map((line) => line + end).join("");
}
