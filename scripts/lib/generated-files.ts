/**
 * Helpers for generated files that are committed to Git: they compare a file with the committed version, and insert
 * generated tables into Markdown.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";

/** Generated texts by their path in the repository; undefined marks a file to delete. */
export type GeneratedFiles = ReadonlyMap<string, string | undefined>;

/** Returns the paths whose content in the repository differs from the generated text. */
export async function findOutdated(root: string, files: GeneratedFiles): Promise<string[]> {
  const found: string[] = [];
  for (const [file, text] of files) if ((await readText(root, file).catch(() => undefined)) !== text) found.push(file);
  return found;
}

/** Reads a text file of the repository with line feeds, even where Git checked it out with CR LF. */
export async function readText(root: string, file: string): Promise<string> {
  return (await readFile(path.join(root, file), "utf8")).replaceAll("\r\n", "\n");
}

/**
 * Replaces the text between `<!-- generated: name -->` and `<!-- end -->` by the part with that name.
 * @throws Error when the document has no place for a part, or names an unknown part
 */
export function fillGeneratedParts(document: string, parts: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(parts));
  const filled = document.replace(
    /(<!-- generated: (\S+) -->\n)[^]*?(<!-- end -->)/g,
    (_all, begin, name: string, end) => {
      if (!(name in parts)) throw new Error(`The document has a place for "${name}", but no such part is generated.`);
      unused.delete(name);
      return `${begin}\n${parts[name]}\n\n${end}`;
    },
  );
  if (unused.size > 0)
    throw new Error(`The document has no place for ${[...unused].join(", ")}: add <!-- generated: name -->.`);
  return filled;
}

/** Formats a Markdown table. */
export function formatMarkdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const formatRow = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [formatRow(head), formatRow(head.map(() => "---")), ...rows.map(formatRow)].join("\n");
}
