/** Formats the tables of a protocol benchmark. */
import type { ProtocolResult } from "./measure.js";
import type { ByteCounts } from "./counting-proxy.js";

/** Number of readings per day of a board that stays awake and reports every 30 s. */
const AWAKE_READINGS = 2880;
/** Number of readings per day of a board that sleeps and wakes every ten minutes to report. */
const SLEEPING_READINGS = 144;

/** The keep-alive that all protocols are compared with, in s. */
const KEEP_ALIVE = 15;

const formatNumber = (value: number): string => Math.round(value).toLocaleString("en");
const formatBytes = ({ up, down }: ByteCounts): string => `${formatNumber(up)} + ${formatNumber(down)}`;
const totalBytes = ({ up, down }: ByteCounts): number => Math.round(up) + Math.round(down);
const formatKilobytes = (bytes: number): string => `${formatNumber(bytes / 1000)} KB`;
const nameOf = ({ name, tls }: ProtocolResult): string => (tls ? `${name}, TLS` : name);

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

/** Formats the table of bytes per reading and per day. */
export function readingsTable(rows: readonly ProtocolResult[]): string {
  const head = [
    "bytes up + down",
    "round trips",
    "a connection",
    "a reading and its answer",
    "sum",
    "a day awake",
    "a day asleep",
  ];
  return table(
    head,
    rows.map((row) => {
      const { reading, pulse } = row;
      const connection = row.each ? { up: 0, down: 0 } : row.connection;
      // the awake board keeps one connection and adds a keep-alive to each reading; the sleeping board connects for each reading
      const awake = totalBytes(connection) + AWAKE_READINGS * (totalBytes(reading) + (pulse ? totalBytes(pulse) : 0));
      const asleep = SLEEPING_READINGS * (totalBytes(connection) + totalBytes(reading));
      const connecting = row.each ? "in the reading" : formatBytes(connection);
      return [
        nameOf(row),
        formatNumber(row.roundTrips),
        connecting,
        formatBytes(reading),
        formatNumber(totalBytes(reading)),
        formatKilobytes(awake),
        formatKilobytes(asleep),
      ];
    }),
  );
}

/** Formats the table of the bytes that keep a board reachable for commands for an hour. */
export function reachabilityTable(rows: readonly ProtocolResult[]): string {
  const hour = 3600 / KEEP_ALIVE;
  return table(
    ["bytes up + down", "a command", `an hour within reach, every ${KEEP_ALIVE} s`, "a command waits"],
    rows.map((row) => {
      const { command, pulse } = row;
      const keepAlive = pulse ?? command;
      const each = `${formatNumber(hour)} × ${formatNumber(totalBytes(keepAlive))} = ${formatNumber(hour * totalBytes(keepAlive))}`;
      return [nameOf(row), formatBytes(command), each, pulse ? "not at all" : `up to ${KEEP_ALIVE} s`];
    }),
  );
}
