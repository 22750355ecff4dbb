/** Tables in Markdown, and their place in a page. */
import { readFile, writeFile } from "node:fs/promises";

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The first column is words, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map((_, n) => (n ? "---:" : "---"))), ...rows.map(line)].join("\n");
}

const END = "<!-- end -->";

/** What a page says before the part of this name. */
export const beginOf = (name: string): string => `<!-- begin: npm run bench -- ${name} --write -->`;

/**
 * Replaces a part of a page, between two marks.
 * @throws Error when the page does not have them
 */
export async function writeInto(file: string, name: string, text: string): Promise<void> {
  const page = await readFile(file, "utf8");
  const mark = beginOf(name);
  const begin = page.indexOf(mark);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0)
    throw new Error(`${file} has no place for ${name}: put these two lines into it:\n${mark}\n${END}`);
  await writeFile(file, `${page.slice(0, begin + mark.length)}\n\n${text}\n\n${page.slice(end)}`);
}
