import { statSync } from "node:fs";

/** Mode bits that let every user of the machine read or write a file. */
const EVERYONE_MODE_BITS = 0o006;

/**
 * Checks the permissions of a file with a secret. Returns a warning when every user of the machine can read or change the
 * file, otherwise "". Group access is allowed, because Debian shares keys that way (`ssl-cert`, 0640). Returns "" for a
 * missing file, and on Windows, which has no such modes.
 * @param what the contents of the file, such as `the TLS key`
 */
export function checkFileExposure(what: string, file: string): string {
  if (process.platform === "win32") return "";
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats || (stats.mode & EVERYONE_MODE_BITS) === 0) return "";
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  // if another user owns the file, mode 600 would lock this server out
  const foreign =
    stats.uid === process.geteuid?.()
      ? ""
      : ", after giving it to this server's account; or share it by a group of that account, and chmod 640";
  return `Every user of this machine can read or change ${what} in ${file} (mode ${mode}); chmod 600 ${file}${foreign}`;
}
