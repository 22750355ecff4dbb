import type { HistoryRow } from "../history/history.js";

const HEADER = "time,light,led_on,by,reason\r\n";

/** Readings and switches as CSV by RFC 4180, in pieces. */
export async function* csvOf(batches: AsyncIterable<readonly HistoryRow[]>): AsyncGenerator<string> {
  yield HEADER;
  for await (const rows of batches) if (rows.length > 0) yield rows.map(line).join("");
}

function line({ time, light, led_on, by, reason }: HistoryRow): string {
  return `${new Date(time).toISOString()},${light ?? ""},${led_on ?? ""},${by ?? ""},${text(reason ?? "")}\r\n`;
}

/**
 * A text that is shown as it is by whatever opens the file: a spreadsheet would take one that begins like a formula for
 * one, so that an apostrophe goes before it (OWASP, "CSV Injection").
 */
function text(value: string): string {
  const plain = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
