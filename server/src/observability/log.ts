import { styleText } from "node:util";
import { pino } from "pino";
import type { Channel } from "../../../contract/index.js";
import { textOf } from "../common/errors.js";
import { LogLineWriter, type LogOutput } from "./log-lines.js";
import { MAX_LINES_PER_SECOND, LogRateLimiter, type MessageCounts } from "./log-rate-limiter.js";
import { clock } from "../time/monotonic-clock.js";

export type { LogOutput } from "./log-lines.js";

/** Format of the log: `pretty` for people, or `json` with one JSON object per line. */
export type LogFormat = "pretty" | "json";

/**
 * Which MQTT messages are logged: `none`, `all`, or (`condensed`) the first 200 per second and a summary of the others.
 * Switched lamps and other events have a line in any case.
 */
export type LogMessages = "none" | "condensed" | "all";

/** The messages that each format logs by default. People rarely need every reading, but programs may evaluate them. */
export const DEFAULT_LOG_MESSAGES: Readonly<Record<LogFormat, LogMessages>> = { pretty: "none", json: "condensed" };

/** Fields of a line in the JSON log in addition to `level`, `time`, `event` and `msg`. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The server's log. In JSON every line has `level`, `time` (ISO 8601) and one of these values of `event`:
 *
 * - `received` and `sent`, with `id`, `channel` and `message`
 * - `duplicate`, which follows `received`, with `id` and `message`
 * - `action`, with `id`, `action` and `seq`
 * - `messages`: the summary of one second, with the counts `received`, `sent` and `other`
 * - `alert`, `device`, `rejected`, `link`, `server`, `http`, `security`, `storage`, `log`, and events of plug-ins: with `msg` and
 *   fields of their own
 */
export interface Log {
  received(id: string, channel: Channel, message: object): void;
  sent(id: string, message: object): void;
  /** Logs an event that can be as frequent as messages are. Calls `text` only if the line is written. */
  frequent(event: string, text: () => string, fields?: LogFields): void;
  info(event: string, text: string, fields?: LogFields): void;
  warn(event: string, text: string, fields?: LogFields): void;
  error(event: string, text: string, fields?: LogFields): void;
  /** Writes all buffered lines now. */
  flush(): void;
  /** Number of lines that could not be written. */
  readonly lost: number;
}

/** A log that discards every line. */
export const silentLog: Log = {
  received() {},
  sent() {},
  frequent() {},
  info() {},
  warn() {},
  error() {},
  flush() {},
  lost: 0,
};

/** Returns standard output, with its errors ignored so that they do not end the process. `LogLineWriter` counts failed writes. */
function getStandardOutput(): LogOutput {
  return process.stdout.removeListener("error", ignoreError).on("error", ignoreError);
}

function ignoreError(): void {}

/** Creates a log. By default, the log goes to standard output and contains the messages of `DEFAULT_LOG_MESSAGES`. */
export function createLog(
  format: LogFormat,
  {
    output = getStandardOutput(),
    messages = DEFAULT_LOG_MESSAGES[format],
  }: { output?: LogOutput; messages?: LogMessages } = {},
): Log {
  const limit = messages === "all" ? Infinity : MAX_LINES_PER_SECOND;
  const log = format === "json" ? createJsonLog(output, limit) : createPrettyLog(output, limit);
  return messages === "none" ? withoutMessages(log) : log;
}

/** Returns a log that discards the lines about messages. */
function withoutMessages(log: Log): Log {
  return {
    ...silentLog,
    frequent(event, text, fields) {
      if (event !== "duplicate") log.frequent(event, text, fields);
    },
    info: log.info,
    warn: log.warn,
    error: log.error,
    flush: () => log.flush(),
    get lost() {
      return log.lost;
    },
  };
}

/** Summarizes the messages and other frequent events of one second that have no log line of their own. */
function summarizeCounts({ received, sent, other }: MessageCounts): string {
  const messages = `${received} more messages received and ${sent} sent`;
  const others = `${other} more lines about devices`;
  if (other === 0) return `${messages} in this second`;
  return received + sent === 0 ? `${others} in this second` : `${messages} in this second, and ${others}`;
}

/** Describes lost log lines in a sentence, which is logged once the output works again. */
function describeLostLines(count: number, error: Error): string {
  const lines = count === 1 ? "A line of the log was" : `${count} lines of the log were`;
  return `${lines} lost, because they could not be written: ${textOf(error)}`;
}

function createJsonLog(output: LogOutput, limit: number): Log {
  const lines = new LogLineWriter(output, (...loss) => logger.warn({ event: "log" }, describeLostLines(...loss)));
  const logger = pino(
    {
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wallNow()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    lines,
  );
  const limiter = new LogRateLimiter(limit, (skipped) =>
    logger.info({ event: "messages", ...skipped }, summarizeCounts(skipped)),
  );
  return {
    received(id, channel, message) {
      if (limiter.mayLog("received")) logger.info({ event: "received", id, channel, message });
    },
    sent(id, message) {
      if (limiter.mayLog("sent")) logger.info({ event: "sent", id, channel: "commands", message });
    },
    frequent(event, text, fields) {
      if (limiter.mayLog("other")) logger.info({ event, ...fields }, text());
    },
    info: (event, text, fields) => logger.info({ event, ...fields }, text),
    warn: (event, text, fields) => logger.warn({ event, ...fields }, text),
    error: (event, text, fields) => logger.error({ event, ...fields }, text),
    flush() {
      limiter.flush();
      lines.flush();
    },
    get lost() {
      return lines.lostCount;
    },
  };
}

/** Message fields that the `pretty` log leaves out: numbers for programs, and facts about the board that rarely change. */
const HIDDEN_FIELDS = new Set(["boot", "seq", "age", "at", "firmware", "board", "dropped"]);

function formatMessage(message: object): string {
  return JSON.stringify(message, (key, value: unknown) => (HIDDEN_FIELDS.has(key) ? undefined : value));
}

type TextStyle = Parameters<typeof styleText>[0];

function createPrettyLog(output: LogOutput, limit: number): Log {
  const lines = new LogLineWriter(output, (...loss) => warn(describeLostLines(...loss)));
  const colored = output.isTTY === true && !process.env.NO_COLOR;
  const paint = (style: TextStyle, text: string): string =>
    colored ? styleText(style, text, { validateStream: false }) : text;
  const writeLine = (text: string): void => {
    const time = new Date(clock.wallNow()).toTimeString().slice(0, 8);
    lines.write(`${paint("gray", time)} ${text}\n`);
  };
  const warn = (text: string): void => writeLine(paint("yellow", `Warning: ${text}`));
  const limiter = new LogRateLimiter(limit, (skipped) => writeLine(paint("gray", `… and ${summarizeCounts(skipped)}`)));
  return {
    received(id, channel, message) {
      if (!limiter.mayLog("received")) return;
      const what = channel === "telemetry" ? id : `${id} ${channel}`;
      writeLine(`${paint("cyan", "Message received:")} ${what} ${formatMessage(message)}`);
    },
    sent(id, message) {
      if (limiter.mayLog("sent")) writeLine(`${paint("green", "Sending message:")} ${id} ${formatMessage(message)}`);
    },
    frequent(_event, text) {
      if (limiter.mayLog("other")) writeLine(text());
    },
    info: (_event, text) => writeLine(text),
    warn: (_event, text) => warn(text),
    error: (_event, text) => writeLine(paint("red", `Error: ${text}`)),
    flush() {
      limiter.flush();
      lines.flush();
    },
    get lost() {
      return lines.lostCount;
    },
  };
}
