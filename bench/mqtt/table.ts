/** The table of a run. */
import type { Client } from "./stand.js";

export interface Row {
  what: string;
  cells: Record<Client, string>;
}

export function markdown(rows: Row[]): string {
  const line = (...cells: string[]) => `| ${cells.join(" | ")} |`;
  const body = rows.map(({ what, cells }) => line(what, cells.stock, cells.ours));
  return [line("", "stock `MQTTClient`", "`src/mqtt`"), line("---", "---", "---"), ...body].join("\n");
}
