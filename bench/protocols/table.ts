/** Formats the tables of a protocol benchmark. */
import type { Measured } from "./measure.js";
import type { Bytes } from "./meter.js";

/** Readings per day of an awake board, which reports every 30 s, and of a sleeping one, which wakes every ten minutes. */
const AWAKE = 2880;
const ASLEEP = 144;

/** The firmware's keep-alive, in s. */
const KEEP_ALIVE = 15;

const number = (value: number): string => Math.round(value).toLocaleString("en");
const both = ({ up, down }: Bytes): string => `${number(up)} + ${number(down)}`;
const sum = ({ up, down }: Bytes): number => Math.round(up) + Math.round(down);
const kilobytes = (bytes: number): string => `${number(bytes / 1000)} KB`;
const nameOf = ({ name, tls }: Measured): string => (tls ? `${name}, TLS` : name);

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

/** Formats the table of bytes per reading and per day. */
export function readings(rows: readonly Measured[]): string {
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
      // awake: one connection, and a keep-alive after each reading; asleep: a connection for each reading
      const awake = sum(connection) + AWAKE * (sum(reading) + (pulse ? sum(pulse) : 0));
      const asleep = ASLEEP * (sum(connection) + sum(reading));
      const connecting = row.each ? "in the reading" : both(connection);
      return [
        nameOf(row),
        number(row.roundTrips),
        connecting,
        both(reading),
        number(sum(reading)),
        kilobytes(awake),
        kilobytes(asleep),
      ];
    }),
  );
}

/** Formats the table of the bytes that keep a board reachable for commands for an hour. */
export function reach(rows: readonly Measured[]): string {
  const hour = 3600 / KEEP_ALIVE;
  return table(
    ["bytes up + down", "a command", `an hour within reach, every ${KEEP_ALIVE} s`, "a command waits"],
    rows.map((row) => {
      const { command, pulse } = row;
      const beat = pulse ?? command;
      const each = `${number(hour)} × ${number(sum(beat))} = ${number(hour * sum(beat))}`;
      return [nameOf(row), both(command), each, pulse ? "not at all" : `up to ${KEEP_ALIVE} s`];
    }),
  );
}
