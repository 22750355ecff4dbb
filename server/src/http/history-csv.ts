import type { HistoryRow } from "../history/history.js";

const CSV_HEADER = "time,light,led_on,by,reason\r\n";

/** Yields the header and then each batch of readings and lamp switches as CSV text (RFC 4180). */
export async function* toCsv(batches: AsyncIterable<readonly HistoryRow[]>): AsyncGenerator<string> {
  yield CSV_HEADER;
  for await (const rows of batches) if (rows.length > 0) yield rows.map(toCsvLine).join("");
}

function toCsvLine({ time, light, led_on, by, reason }: HistoryRow): string {
  return `${new Date(time).toISOString()},${light ?? ""},${led_on ?? ""},${by ?? ""},${escapeCsv(reason ?? "")}\r\n`;
}

/**
 * Escapes a text for CSV. A spreadsheet would execute a text that begins like a formula, so the function puts an
 * apostrophe before such a text (OWASP, "CSV Injection").
 */
function escapeCsv(value: string): string {
  const plain = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
