/** Formats Markdown tables. */

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Formats a Markdown table: the first column is left-aligned text, the others are right-aligned numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map((_, n) => (n ? "---:" : "---"))), ...rows.map(line)].join("\n");
}
