import { afterEach, describe, expect, test, vi } from "vitest";
import { createCounters } from "../../server/src/observability/counters.js";
import { createLog, type Log, type LogFormat, type LogMessages } from "../../server/src/observability/log.js";
import { MAX_LINES_PER_SECOND } from "../../server/src/observability/log-rate-limiter.js";
import { MIN_LOG_INTERVAL, RejectionLog } from "../../server/src/observability/rejection-log.js";

interface LogTestOptions {
  readonly isTTY?: boolean;
  readonly messages?: LogMessages | undefined;
}

function createLogTo(format: LogFormat, { isTTY = false, messages }: LogTestOptions = { messages: "condensed" }) {
  const lines: string[] = [];
  const output = { isTTY, write: (text: string) => lines.push(...text.split("\n").slice(0, -1)) };
  return { log: createLog(format, { output, messages }), lines };
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe("the log for people", () => {
  test("the log for people has the time of day and the phrases of the lesson", () => {
    const { log, lines } = createLogTo("pretty");
    log.received("nightlight/porch", "telemetry", { light: 212 });
    log.sent("nightlight/porch", { led_on: true });
    log.received("nightlight/porch", "status", { online: true });
    log.flush();
    expect(lines.every((line) => /^\d\d:\d\d:\d\d /.test(line))).toBe(true);
    expect(lines.map((line) => line.slice(9))).toEqual([
      'Message received: nightlight/porch {"light":212}',
      'Sending message: nightlight/porch {"led_on":true}',
      'Message received: nightlight/porch status {"online":true}',
    ]);
  });

  test("the log for people has up to 200 lines about messages per second and a summary of the others, and all other lines", () => {
    vi.useFakeTimers();
    const { log, lines } = createLogTo("pretty");
    for (let n = 0; n < 1000; n++) {
      log.received("porch", "telemetry", { light: n });
      log.sent("porch", { led_on: false });
    }
    log.warn("link", "lost");
    vi.advanceTimersByTime(1000);
    log.received("porch", "telemetry", { light: 1 });
    log.flush();
    expect(lines).toHaveLength(MAX_LINES_PER_SECOND + 3);
    expect(lines[MAX_LINES_PER_SECOND + 1]).toMatch(/in this second$/);
    expect(lines[MAX_LINES_PER_SECOND]).toContain("Warning: lost");
    expect(lines[MAX_LINES_PER_SECOND + 1]).toContain("and 900 more messages received and 900 sent in this second");
    expect(lines[MAX_LINES_PER_SECOND + 2]).toContain('porch {"light":1}');
  });

  test("frequent events share the limit of messages, and are formatted only if they are written", () => {
    vi.useFakeTimers();
    const { log, lines } = createLogTo("pretty");
    let formatted = 0;
    for (let n = 0; n < 1000; n++) log.frequent("device", () => `porch is now ${++formatted % 2 ? "on" : "off"}`);
    vi.advanceTimersByTime(1000);
    log.flush();
    expect(lines).toHaveLength(MAX_LINES_PER_SECOND + 1);
    expect(formatted).toBe(MAX_LINES_PER_SECOND);
    expect(lines[0]).toContain("porch is now on");
    expect(lines[MAX_LINES_PER_SECOND]).toMatch(/… and 800 more lines about devices in this second$/);
  });

  test("the log for people leaves out the delivery fields, which only the JSON log has", () => {
    const writeStatusLines = (format: LogFormat) => {
      const { log, lines } = createLogTo(format);
      log.received("porch", "telemetry", { light: 299, led_on: false, boot: 5, seq: 7, age: 0, at: 9000 });
      log.received("porch", "status", {
        online: true,
        led_on: true,
        decided_by: "server",
        firmware: "1",
        board: "x",
        boot: 5,
        dropped: 0,
      });
      log.sent("porch", { led_on: true, seq: 7 });
      log.flush();
      return lines;
    };
    expect(writeStatusLines("pretty").map((line) => line.slice(9))).toEqual([
      'Message received: porch {"light":299,"led_on":false}',
      'Message received: porch status {"online":true,"led_on":true,"decided_by":"server"}',
      'Sending message: porch {"led_on":true}',
    ]);
    expect(JSON.parse(writeStatusLines("json")[2])).toMatchObject({ message: { led_on: true, seq: 7 } });
  });

  test("the log for people has colors on a terminal, and none in a file or with NO_COLOR", () => {
    const isColored = (isTTY: boolean): boolean => {
      const { log, lines } = createLogTo("pretty", { isTTY });
      log.warn("x", "careful");
      log.flush();
      return lines[0].includes("\x1b[");
    };
    vi.stubEnv("NO_COLOR", "");
    expect([isColored(true), isColored(false)]).toEqual([true, false]);
    vi.stubEnv("NO_COLOR", "1");
    expect(isColored(true)).toBe(false);
  });
});

describe.each<LogFormat>(["pretty", "json"])("the log as %s", (format) => {
  const logMessages = (log: Log): void => {
    for (let n = 0; n < 1000; n++) {
      log.received("porch", "telemetry", { light: n });
      log.frequent("device", () => "porch is now on");
    }
  };

  test("the log has a line for every message if the option for all messages is set", () => {
    const { log, lines } = createLogTo(format, { messages: "all" });
    logMessages(log);
    log.flush();
    expect(lines).toHaveLength(2000);
  });

  test("a condensed log says how many messages have no line", () => {
    const { log, lines } = createLogTo(format, { messages: "condensed" });
    logMessages(log);
    log.flush();
    expect(lines).toHaveLength(MAX_LINES_PER_SECOND + 1);
    expect(lines[MAX_LINES_PER_SECOND]).toContain(
      `${1000 - MAX_LINES_PER_SECOND / 2} more messages received and 0 sent in this second, and ${1000 - MAX_LINES_PER_SECOND / 2} more lines about devices`,
    );
    if (format === "json")
      expect(JSON.parse(lines[MAX_LINES_PER_SECOND])).toMatchObject({
        event: "messages",
        received: 900,
        sent: 0,
        other: 900,
      });
  });
});

test("by default, the log for people has no line for messages but for switched lamps, and the JSON log has both", () => {
  const writeLines = (format: LogFormat) => {
    const { log, lines } = createLogTo(format, {});
    log.received("porch", "telemetry", { light: 212 });
    log.sent("porch", { led_on: true });
    log.frequent("duplicate", () => "porch had delivered that before");
    log.frequent("device", () => "porch is now on: light 212 < 300");
    log.info("server", "Ready");
    log.flush();
    return lines;
  };
  expect(writeLines("pretty").map((line) => line.slice(9))).toEqual(["porch is now on: light 212 < 300", "Ready"]);
  expect(writeLines("json")).toHaveLength(5);
});

test("the log for machines is one JSON object a line, with the documented keys", () => {
  const { log, lines } = createLogTo("json");
  log.received("a/b", "telemetry", { light: 1 });
  log.sent("a/b", { led_on: true });
  log.warn("link", "gone", { reason: "x" });
  log.flush();
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.map((entry) => Object.keys(entry))).toEqual([
    ["level", "time", "event", "id", "channel", "message"],
    ["level", "time", "event", "id", "channel", "message"],
    ["level", "time", "event", "reason", "msg"],
  ]);
  expect(entries[0]).toMatchObject({ level: "info", event: "received", id: "a/b", message: { light: 1 } });
  expect(entries[2]).toMatchObject({ level: "warn", event: "link", msg: "gone", reason: "x" });
  expect(new Date(entries[0].time as string).getTime()).toBeGreaterThan(0);
});

describe("a rejected message", () => {
  test("a rejected message is counted every time, and logged once in ten seconds for each device and reason", () => {
    const { log, lines } = createLogTo("json");
    const counters = createCounters();
    const rejects = new RejectionLog(counters, log);
    for (let i = 0; i < 50; i++) rejects.add("empty", "a", "the payload is empty", {}, 1000 + i);
    rejects.add("empty", "b", "the payload is empty", {}, 1000);
    rejects.add("not-json", "a", "not JSON", {}, 1000);
    rejects.add("empty", "a", "the payload is empty", {}, 1000 + MIN_LOG_INTERVAL);
    log.flush();
    expect(counters.rejected).toEqual({ empty: 52, "not-json": 1 });
    expect(lines).toHaveLength(4);
    expect(JSON.parse(lines[3])).toMatchObject({ id: "a", reason: "empty", leftOut: 49 });
    expect(lines[3]).toContain("49 more");
  });

  test("a rejected message is logged without control characters, whatever bytes its topic has", () => {
    const { log, lines } = createLogTo("pretty");
    new RejectionLog(createCounters(), log).add("bad-id", "a\n\x1b[2J\x9b2J" + "x".repeat(1000), "odd");
    log.flush();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[\x20-\x7e…]*$/);
    expect(lines[0].length).toBeLessThan(250);
  });
});
