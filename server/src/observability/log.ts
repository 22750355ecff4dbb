import { styleText } from "node:util";
import { pino } from "pino";
import type { Channel } from "../../../contract/index.js";
import { textOf } from "../common/errors.js";
import { LogLines, type LogOutput } from "./log-lines.js";
import { LINES, MessageFlow, type Flow } from "./message-flow.js";
import { clock } from "../time/monotonic-clock.js";

export type { LogOutput } from "./log-lines.js";

/** How the log is written: for people, or one JSON object a line. */
export type LogFormat = "pretty" | "json";

/** Whether every message has a line, or only the first 200 of each second, with a summary of the others. */
export type LogMessages = "condensed" | "all";

/** What goes with a line of the JSON log beside `level`, `time`, `event` and `msg`. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where the server says what happens. In JSON every line has `level`, `time` (ISO 8601) and `event`: `received` and
 * `sent` with `id`, `channel` and `message`; `duplicate`, which follows `received`, with `id` and `message`; `action` with
 * `id`, `action` and `seq`; `messages`, the summary of a second, with the numbers `received`, `sent` and `other`; `device`,
 * `rejected`, `link`, `server`, `http`, `security`, `storage`, `log` and plug-ins' own with `msg` and their fields.
 */
export interface Log {
  received(id: string, channel: Channel, message: object): void;
  sent(id: string, message: object): void;
  /** Something that may come as often as messages do; `text` is called only when it is written. */
  often(event: string, text: () => string, fields?: LogFields): void;
  info(event: string, text: string, fields?: LogFields): void;
  warn(event: string, text: string, fields?: LogFields): void;
  error(event: string, text: string, fields?: LogFields): void;
  /** Writes what is still held back. */
  flush(): void;
  /** Lines that could not be written. */
  readonly lost: number;
}

/** A log that says nothing. */
export const silentLog: Log = {
  received() {},
  sent() {},
  often() {},
  info() {},
  warn() {},
  error() {},
  flush() {},
  lost: 0,
};

/** Standard output, whose errors do not end the process: `LogLines` counts what could not be written. */
function standardOutput(): LogOutput {
  return process.stdout.removeListener("error", ignore).on("error", ignore);
}

function ignore(): void {}

/** Creates a log in `format`: condensed, and to standard output, unless said otherwise. */
export function createLog(
  format: LogFormat,
  { output = standardOutput(), messages = "condensed" }: { output?: LogOutput; messages?: LogMessages } = {},
): Log {
  const limit = messages === "all" ? Infinity : LINES;
  return format === "json" ? jsonLog(output, limit) : prettyLog(output, limit);
}

/** Summarizes the lines that a second had no room for. */
function summary({ received, sent, other }: Flow): string {
  const others = other > 0 ? `, and ${other} more lines about devices` : "";
  return `${received} more messages received and ${sent} sent in this second${others}`;
}

/** What the log says when it can be written again. */
function lostLines(count: number, error: Error): string {
  const lines = count === 1 ? "A line of the log was" : `${count} lines of the log were`;
  return `${lines} lost, because they could not be written: ${textOf(error)}`;
}

function jsonLog(output: LogOutput, limit: number): Log {
  const lines = new LogLines(output, (...loss) => logger.warn({ event: "log" }, lostLines(...loss)));
  const logger = pino(
    {
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wallNow()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    lines,
  );
  const flow = new MessageFlow(limit, (more) => logger.info({ event: "messages", ...more }, summary(more)));
  return {
    received(id, channel, message) {
      if (flow.passes("received")) logger.info({ event: "received", id, channel, message });
    },
    sent(id, message) {
      if (flow.passes("sent")) logger.info({ event: "sent", id, channel: "commands", message });
    },
    often(event, text, fields) {
      if (flow.passes("other")) logger.info({ event, ...fields }, text());
    },
    info: (event, text, fields) => logger.info({ event, ...fields }, text),
    warn: (event, text, fields) => logger.warn({ event, ...fields }, text),
    error: (event, text, fields) => logger.error({ event, ...fields }, text),
    flush() {
      flow.flush();
      lines.flush();
    },
    get lost() {
      return lines.lost;
    },
  };
}

/** What people do not want to read: the bookkeeping of deliveries, and what a board is, which never changes. */
const UNSAID = new Set(["boot", "seq", "age", "at", "firmware", "board", "dropped"]);

function forPeople(message: object): string {
  return JSON.stringify(message, (key, value: unknown) => (UNSAID.has(key) ? undefined : value));
}

type Style = Parameters<typeof styleText>[0];

function prettyLog(output: LogOutput, limit: number): Log {
  const lines = new LogLines(output, (...loss) => warn(lostLines(...loss)));
  const coloured = output.isTTY === true && !process.env.NO_COLOR;
  const paint = (style: Style, text: string): string =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  const line = (text: string): void => {
    const time = new Date(clock.wallNow()).toTimeString().slice(0, 8);
    lines.write(`${paint("gray", time)} ${text}\n`);
  };
  const warn = (text: string): void => line(paint("yellow", `Warning: ${text}`));
  const flow = new MessageFlow(limit, (more) => line(paint("gray", `… and ${summary(more)}`)));
  return {
    received(id, channel, message) {
      if (!flow.passes("received")) return;
      const what = channel === "telemetry" ? id : `${id} ${channel}`;
      line(`${paint("cyan", "Message received:")} ${what} ${forPeople(message)}`);
    },
    sent(id, message) {
      if (flow.passes("sent")) line(`${paint("green", "Sending message:")} ${id} ${forPeople(message)}`);
    },
    often(_event, text) {
      if (flow.passes("other")) line(text());
    },
    info: (_event, text) => line(text),
    warn: (_event, text) => warn(text),
    error: (_event, text) => line(paint("red", `Error: ${text}`)),
    flush() {
      flow.flush();
      lines.flush();
    },
    get lost() {
      return lines.lost;
    },
  };
}
