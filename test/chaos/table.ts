/** Formats the results of the fault test. */
import { createEmptyRow, type ResultRow } from "./ledger.js";

const COLUMNS: [head: string, value: (row: ResultRow) => string | number][] = [
  ["fault", (row) => row.fault],
  ["times", (row) => row.times],
  ["taken", (row) => row.taken],
  ["stored", (row) => row.stored],
  ["lost", (row) => row.lost],
  ["with power", (row) => row.lostByPowerCut],
  ["twice", (row) => row.duplicated],
  ["again", (row) => row.storedAgainAfterKill],
  ["disorder", (row) => row.outOfOrder],
  ["actions", (row) => row.issued],
  ["done", (row) => row.executed],
  ["lost", (row) => row.lostActions],
  ["doubled", (row) => row.doubled],
  ["gone", (row) => row.gone],
  ["worst ms", (row) => row.maxTime],
];

/** Formats an aligned Markdown table with a row of totals at the end. */
export function formatTable(rows: readonly ResultRow[]): string {
  const total = createEmptyRow("all");
  for (const row of rows)
    for (const [key, value] of Object.entries(row) as [Exclude<keyof ResultRow, "fault">, number][])
      if (key === "maxTime") total.maxTime = Math.max(total.maxTime, value);
      else if (typeof value === "number") total[key] += value;
  const sorted = [...rows].sort((a, b) => (a.fault < b.fault ? -1 : 1));
  const cells = [
    COLUMNS.map(([head]) => head),
    ...[...sorted, total].map((row) => COLUMNS.map(([, value]) => String(value(row)))),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  const lines = cells.map((line) => line.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))));
  const rule = widths.map((width, i) => (i ? "-".repeat(width - 1) + ":" : "-".repeat(width)));
  lines.splice(1, 0, rule);
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}
