/** Tables in Markdown. */

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The first column is words, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map((_, n) => (n ? "---:" : "---"))), ...rows.map(line)].join("\n");
}
