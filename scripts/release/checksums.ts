/** Checksums of the files of a release. */
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const CHECKSUMS_FILE = "SHA256SUMS";

/** Writes the SHA-256 of every file in a folder to `SHA256SUMS`, in the format of sha256sum(1). */
export async function writeChecksums(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== CHECKSUMS_FILE).sort();
  let lines = "";
  for (const name of names) {
    const hash = createHash("sha256").update(await readFile(path.join(folder, name)));
    lines += `${hash.digest("hex")}  ${name}\n`;
  }
  await writeFile(path.join(folder, CHECKSUMS_FILE), lines);
}
