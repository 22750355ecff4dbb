/** Updates the generated tables in a page of the documentation. */
import { readFile, writeFile } from "node:fs/promises";

/**
 * Replaces the text between a page's begin and end markers.
 * @param command the command that generates the table, as named in the begin marker
 * @throws Error when the page does not have both markers
 */
export async function updateGeneratedTable(file: string, command: string, table: string): Promise<void> {
  const [first, last] = [`<!-- begin: ${command} -->`, "<!-- end -->"];
  const page = await readFile(file, "utf8");
  const begin = page.indexOf(first);
  const end = page.indexOf(last, begin);
  if (begin < 0 || end < 0)
    throw new Error(`${file} has no markers for the table. Add these two lines:\n${first}\n${last}`);
  await writeFile(file, `${page.slice(0, begin + first.length)}\n\n${table}\n\n${page.slice(end)}`);
}
