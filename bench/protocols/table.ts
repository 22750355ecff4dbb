/** Formats the tables of a protocol benchmark. */
import type { ProtocolResult } from "./measure.js";
import type { ByteCounts } from "./counting-proxy.js";

/** Number of readings per day of a board that stays awake and reports every 30 s. */
const AWAKE_READINGS_PER_DAY = 2880;
/** Number of readings per day of a board that sleeps and wakes every ten minutes to report. */
const SLEEPING_READINGS_PER_DAY = 144;

/** Keep-alive interval for which the table compares all protocols, in s. */
const KEEP_ALIVE_SECONDS = 15;

const formatNumber = (value: number): string => Math.round(value).toLocaleString("en");
const formatBytes = ({ up, down }: ByteCounts): string => `${formatNumber(up)} + ${formatNumber(down)}`;
const sumBytes = ({ up, down }: ByteCounts): number => Math.round(up) + Math.round(down);
const formatKilobytes = (bytes: number): string => `${formatNumber(bytes / 1000)} KB`;
const nameOf = ({ name, tls }: ProtocolResult): string => (tls ? `${name}, TLS` : name);

function formatTable(head: string[], rows: string[][]): string {
  const formatRow = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [head, head.map(() => "---"), ...rows].map(formatRow).join("\n");
}

/** Formats the table of bytes per reading and per day. */
export function formatReadingsTable(rows: readonly ProtocolResult[]): string {
  const head = [
    "bytes up + down",
    "round trips",
    "a connection",
    "a reading and its answer",
    "sum",
    "a day awake",
    "a day asleep",
  ];
  return formatTable(
    head,
    rows.map((row) => {
      const { reading, pulse } = row;
      const connection = row.each ? { up: 0, down: 0 } : row.connection;
      // the awake board keeps one connection and adds a keep-alive to each reading; the sleeping board connects for each reading
      const awake = sumBytes(connection) + AWAKE_READINGS_PER_DAY * (sumBytes(reading) + (pulse ? sumBytes(pulse) : 0));
      const asleep = SLEEPING_READINGS_PER_DAY * (sumBytes(connection) + sumBytes(reading));
      const connecting = row.each ? "in the reading" : formatBytes(connection);
      return [
        nameOf(row),
        formatNumber(row.roundTrips),
        connecting,
        formatBytes(reading),
        formatNumber(sumBytes(reading)),
        formatKilobytes(awake),
        formatKilobytes(asleep),
      ];
    }),
  );
}

/** Formats the table of the bytes that keep a board reachable for commands for an hour. */
export function formatReachabilityTable(rows: readonly ProtocolResult[]): string {
  const keepAlivesPerHour = 3600 / KEEP_ALIVE_SECONDS;
  return formatTable(
    ["bytes up + down", "a command", `an hour within reach, every ${KEEP_ALIVE_SECONDS} s`, "a command waits"],
    rows.map((row) => {
      const { command, pulse } = row;
      const keepAlive = pulse ?? command;
      const each = `${formatNumber(keepAlivesPerHour)} × ${formatNumber(sumBytes(keepAlive))} = ${formatNumber(keepAlivesPerHour * sumBytes(keepAlive))}`;
      return [nameOf(row), formatBytes(command), each, pulse ? "not at all" : `up to ${KEEP_ALIVE_SECONDS} s`];
    }),
  );
}
