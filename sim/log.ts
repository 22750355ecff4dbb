/** The lines that come from a board. */

/** What the program printed by `console`; `runtime` for what the virtual machine says itself. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "runtime";

const LEVELS: Record<string, LogLevel> = { "?": "debug", ">": "info", "*": "warn", "!": "error" };
/** Lines of the virtual machine that look like the program's; pins that it does not have are simulated on the bus. */
const RUNTIME = /^(\* (DeviceScript |start: |stop program)|! service \S+ not found)/;

/** Takes a line such as `> hello` apart. */
export function parseLine(line: string): [level: LogLevel, text: string] {
  const level = line[1] === " " ? LEVELS[line[0]] : undefined;
  return !level || RUNTIME.test(line) ? ["runtime", line] : [level, line.slice(2)];
}
