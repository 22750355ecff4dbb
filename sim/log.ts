/** Parses the log lines of a simulated board. */

/** Log level of a line: a `console` level of the program, or `runtime` for lines of the virtual machine. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "runtime";

const LEVEL_BY_PREFIX: Record<string, LogLevel> = { "?": "debug", ">": "info", "*": "warn", "!": "error" };
/** Matches the virtual machine's own lines that begin with a log level prefix like the lines of the program. */
const RUNTIME_LINE = /^(\* (DeviceScript |start: |stop program)|! service \S+ not found)/;

/** Splits a line such as `> hello` into its log level and text. */
export function parseLogLine(line: string): [level: LogLevel, text: string] {
  const level = line[1] === " " ? LEVEL_BY_PREFIX[line[0]] : undefined;
  return !level || RUNTIME_LINE.test(line) ? ["runtime", line] : [level, line.slice(2)];
}
