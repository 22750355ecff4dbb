/** The place of a benchmark's tables in a page of the documents. */
import { readFile, writeFile } from "node:fs/promises";

/**
 * Replaces what stands between the two marks of a page.
 * @param command what the first mark names: the command that writes there
 * @throws Error when the page does not have them
 */
export async function writeInto(file: string, command: string, table: string): Promise<void> {
  const [first, last] = [`<!-- begin: ${command} -->`, "<!-- end -->"];
  const page = await readFile(file, "utf8");
  const begin = page.indexOf(first);
  const end = page.indexOf(last, begin);
  if (begin < 0 || end < 0)
    throw new Error(`${file} has no place for the table: put these two lines into it:\n${first}\n${last}`);
  await writeFile(file, `${page.slice(0, begin + first.length)}\n\n${table}\n\n${page.slice(end)}`);
}
