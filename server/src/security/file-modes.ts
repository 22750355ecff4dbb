import { statSync } from "node:fs";

/** Bits of a mode that let every user of the machine read or change a file. */
const OTHERS = 0o006;

/**
 * Says, in a sentence, that every user of this machine can read or change a file with a secret; "" when that is not so.
 * A group may read it: that is how Debian shares keys (`ssl-cert`, 0640). Windows has no such modes, and a file that
 * cannot be looked at is somebody else's to complain about.
 * @param what what the file holds, such as `the TLS key`
 */
export function exposure(what: string, file: string): string {
  if (process.platform === "win32") return "";
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats || (stats.mode & OTHERS) === 0) return "";
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  // with 600, this server could not read it any more
  const foreign =
    stats.uid === process.geteuid?.()
      ? ""
      : ", after giving it to this server's account; or share it by a group of that account, and chmod 640";
  return `Every user of this machine can read or change ${what} in ${file} (mode ${mode}); chmod 600 ${file}${foreign}`;
}
