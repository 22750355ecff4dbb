import { readText } from "./bounded-file.js";
import { unreadableReason } from "./problems.js";

/** Maximum size of a file with a secret, in bytes. */
const MAX_SECRET_FILE_SIZE = 64 * 1024;

/**
 * Reads a secret from the first line of a file.
 * @returns the secret, or a problem as a sentence that follows the name of the setting
 */
export function readSecret(file: string): { readonly value: string } | { readonly problem: string } {
  try {
    // Split off the first line without its line break.
    const [value] = readText(file, MAX_SECRET_FILE_SIZE).split(/\r?\n/, 1);
    return value ? { value } : { problem: `names ${file}, whose first line is empty.` };
  } catch (error) {
    return { problem: `names ${file}, which cannot be read: ${unreadableReason(error)}.` };
  }
}
