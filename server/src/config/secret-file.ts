import { readText } from "./bounded-file.js";
import { whyUnreadable } from "./problems.js";

/** The largest file with a secret, in bytes. */
const MAX_BYTES = 64 * 1024;

/** Reads the first line of a file. The problem follows the name of the setting in a sentence. */
export function readSecret(file: string): { readonly value: string } | { readonly problem: string } {
  try {
    // the last line of a text file ends with a line break
    const [value] = readText(file, MAX_BYTES).split(/\r?\n/, 1);
    return value ? { value } : { problem: `names ${file}, whose first line is empty.` };
  } catch (error) {
    return { problem: `names ${file}, which cannot be read: ${whyUnreadable(error)}.` };
  }
}
