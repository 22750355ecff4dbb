/** Formats Markdown tables. */

const formatRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Formats a Markdown table: the first column is left-aligned text, the others are right-aligned numbers. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [formatRow(head), formatRow(head.map((_, n) => (n ? "---:" : "---"))), ...rows.map(formatRow)].join("\n");
}
