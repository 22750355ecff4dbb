/** The table of a run, and its place in the page. */
import { readFile, writeFile } from "node:fs/promises";
import type { Client } from "./stand.js";

export interface Row {
  what: string;
  cells: Record<Client, string>;
}

const BEGIN = "<!-- begin: npm run bench:mqtt -- --write docs/mqtt-client.md -->";
const END = "<!-- end -->";

export function markdown(rows: Row[]): string {
  const line = (...cells: string[]) => `| ${cells.join(" | ")} |`;
  const body = rows.map(({ what, cells }) => line(what, cells.stock, cells.ours));
  return [line("", "stock `MQTTClient`", "`src/mqtt`"), line("---", "---", "---"), ...body].join("\n");
}

/**
 * Replaces what stands between the two marks of a page.
 * @throws Error when the page does not have them
 */
export async function writeInto(file: string, table: string): Promise<void> {
  const page = await readFile(file, "utf8");
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0)
    throw new Error(`${file} has no place for the table: put these two lines into it:\n${BEGIN}\n${END}`);
  await writeFile(file, `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`);
}
