/**
 * `src/version.ts`: the version of the package, in the one form in which DeviceScript's compiler can have it. It reads
 * no JSON, and what it puts into an image by itself (`@version`) is made of Git's state, not of the package's version.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

export const VERSION_FILE = "src/version.ts";

/** The text of `src/version.ts` for a version. */
export function versionModule(version: string): string {
  return `/** The firmware version. Generated from package.json by every build; change it there. */\nexport const VERSION = "${version}"\n`;
}

/**
 * Makes `src/version.ts` of a project say what its `package.json` says.
 * @returns whether it said something else
 */
export async function takeVersion(root: string): Promise<boolean> {
  const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
  const file = path.join(root, VERSION_FILE);
  const text = versionModule(version);
  // git may have given it the line ends of this platform
  if ((await readFile(file, "utf8").catch(() => "")).replaceAll("\r\n", "\n") === text) return false;
  await writeFile(file, text);
  return true;
}
