/**
 * Copies the version from `package.json` to `src/version.ts`. DeviceScript's compiler cannot import JSON, and its own
 * `@version` comes from Git, not from `package.json`.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

export const VERSION_FILE = "src/version.ts";

/** Returns the text of `src/version.ts` for a version. */
export function versionModule(version: string): string {
  return `/** The firmware version. Generated from package.json by every build; change it there. */\nexport const VERSION = "${version}"\n`;
}

/**
 * Writes the version of a project's `package.json` into its `src/version.ts`.
 * @returns whether the file changed
 */
export async function updateVersionFile(root: string): Promise<boolean> {
  const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
  const file = path.join(root, VERSION_FILE);
  const text = versionModule(version);
  // compares with line feeds, because Git may have checked the file out with CR LF
  if ((await readFile(file, "utf8").catch(() => "")).replaceAll("\r\n", "\n") === text) return false;
  await writeFile(file, text);
  return true;
}
