/** Tests the history in the HTTP API: time ranges, plots and CSV exports. */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { NO_HISTORY, type History, type HistoryQuery, type HistoryRow } from "../../server/src/history/history.js";
import { addHistoryRoutes } from "../../server/src/http/history.js";
import { parseRange } from "../../server/src/http/history-range.js";
import { eventually } from "../support/eventually.js";
import { ask } from "./support/api.js";
import { startTestBoard } from "./support/board.js";
import { UNLIMITED_HISTORY, startTestServer } from "./support/server.js";

const HOUR = 60 * 60 * 1000;

/** Serves the history routes of a server with one device, `known`. */
async function serveHistory(history: Partial<History>, historyOn = true): Promise<string> {
  const app = fastify();
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: error.message }),
  );
  const devices = { get: (id: string) => (id === "known" ? {} : undefined) };
  addHistoryRoutes(app, { history: { ...NO_HISTORY, ...history }, historyOn, devices });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

describe("a time range", () => {
  const NOW = Date.UTC(2026, 10, 23, 12);

  test.each<[from: string | undefined, to: string | undefined, expected: [string, string]]>([
    [undefined, undefined, ["2026-11-22T12:00:00.001Z", "2026-11-23T12:00:00.001Z"]],
    ["2026-11-01", undefined, ["2026-11-01T00:00:00.000Z", "2026-11-23T12:00:00.001Z"]],
    [undefined, "2026-11-01", ["2026-10-31T00:00:00.000Z", "2026-11-01T00:00:00.000Z"]],
    ["2026-11-01T10:00Z", "2026-11-01T10:00:01.5Z", ["2026-11-01T10:00:00.000Z", "2026-11-01T10:00:01.500Z"]],
    ["2026-11-01T10:00+02:00", "1793527200001", ["2026-11-01T08:00:00.000Z", "2026-11-01T10:00:00.001Z"]],
    ["2026-11-01T10:00:00 02:00", undefined, ["2026-11-01T08:00:00.000Z", "2026-11-23T12:00:00.001Z"]],
    ["0", "1", ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"]],
    [undefined, "5", ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.005Z"]],
  ])("a time range from %s to %s is parsed", (from, to, expected) => {
    const range = parseRange({ from, to }, NOW);
    expect([range.from, range.to].map((time) => new Date(time).toISOString())).toEqual(expected);
  });

  test.each([
    [{ from: "noon" }, /"from" must be a time in ms since 1970, or in ISO 8601 with a UTC offset/],
    [{ from: "2026-11-01T10:00" }, /with a UTC offset/],
    [{ from: "2026-13-01" }, /"from" must be/],
    [{ to: "" }, /"to" must be/],
    [{ to: "-1" }, /"to" must be/],
    [{ to: "9999999999999999" }, /"to" must be/],
    [{ from: ["1", "2"] }, /"from" must be/],
    [{ from: "2", to: "2" }, /"from" \(1970-01-01T00:00:00.002Z\) must be before "to"/],
    [{ from: "2027-01-01" }, /must be before "to" \(2026-11-23T12:00:00.001Z\)/],
  ])("%j is rejected with the allowed values", (query, words) => {
    expect(() => parseRange(query, NOW)).toThrow(words);
  });
});

describe("a plot", () => {
  const answer = { points: [{ time: 5, min: 1, max: 1000, last: 7, count: 3 }], led_on: true, switches: [], step: 10 };

  test("a plot request passes the query to the history and returns the answer", async () => {
    const asked: HistoryQuery[] = [];
    const url = await serveHistory({ query: async (query) => (asked.push(query), answer) });
    const path = "/api/history?device=a%2Fb&from=1000&to=2026-01-01&points=5000";
    expect(await ask(url, path)).toMatchObject({ status: 200, body: answer });
    expect(asked).toEqual([{ device: "a/b", from: 1000, to: Date.UTC(2026, 0, 1), points: 5000 }]);
    const before = Date.now();
    await ask(url, "/api/history?device=known");
    const { from, to, points } = asked[1];
    expect([to - from, points]).toEqual([24 * HOUR, 500]);
    expect(to).toBeGreaterThan(before);
  });

  test("a plot is empty for a device without readings, and an unknown device gets status 404", async () => {
    const url = await serveHistory({});
    expect(await ask(url, "/api/history?device=known")).toMatchObject({ status: 200, body: { points: [] } });
    for (const path of ["/api/history", "/api/history.csv"])
      expect(await ask(url, `${path}?device=ghost`)).toMatchObject({
        status: 404,
        body: { error: expect.stringMatching(/There is no device "ghost"/) },
      });
  });

  test.each(["points=0", "points=5001", "points=1.5", "points=x", "points=1&points=2", "points="])(
    "a plot with %s is rejected with the allowed values",
    async (points) => {
      const url = await serveHistory({ query: async () => answer });
      expect(await ask(url, `/api/history?device=known&${points}`)).toMatchObject({
        status: 400,
        body: { error: '"points" must be a whole number from 1 to 5000.' },
      });
    },
  );

  test.each(["", "?device=a&device=b", "?device=", "?device=a%23", "?device=%24SYS"])(
    "a plot requires exactly one valid device name: not %j",
    async (query) => {
      const url = await serveHistory({ query: async () => answer });
      for (const path of ["/api/history", "/api/history.csv"]) expect((await ask(url, path + query)).status).toBe(400);
    },
  );

  test("a plot request gets status 404 with a reason when the history is off", async () => {
    const url = await serveHistory({ query: async () => answer }, false);
    for (const path of ["/api/history", "/api/history.csv"])
      expect(await ask(url, `${path}?device=known`)).toMatchObject({
        status: 404,
        body: { error: expect.stringContaining("keeps no history") },
      });
  });
});

/** Parses CSV strictly by RFC 4180: each line ends with CR LF, and quotes are doubled. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let rest = text;
  let row: string[] = [];
  while (rest) {
    const [all, quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (all === undefined) throw new Error(`not RFC 4180: ${rest}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") row = (rows.push(row), []);
    rest = rest.slice(all.length);
  }
  return rows;
}

const createReadingRow = (time: number, light: number): HistoryRow => ({
  time,
  light,
  led_on: null,
  by: null,
  reason: null,
});

describe("an export", () => {
  test("an export is a valid CSV file of readings and switches", async () => {
    const reasons = ['he said "on", she', "a\r\nb", "plain, with comma", "median 212 < 300", ""];
    const switches = reasons.map((reason, n): HistoryRow => {
      return { time: 2000 + n, light: null, led_on: n % 2 === 0, by: "server", reason };
    });
    const url = await serveHistory({
      rows: async function* () {
        yield [createReadingRow(1000, 512)];
        yield [];
        yield switches;
      },
    });
    const { headers, body } = await ask(url, "/api/history.csv?device=known");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
    expect(headers["content-disposition"]).toBe('attachment; filename="known.csv"');
    const rows = parseCsv(body as string);
    expect(rows[0]).toEqual(["time", "light", "led_on", "by", "reason"]);
    expect(rows[1]).toEqual(["1970-01-01T00:00:01.000Z", "512", "", "", ""]);
    expect(rows.slice(2).map((row) => row[4])).toEqual(reasons);
    expect(rows[2]).toEqual(["1970-01-01T00:00:02.000Z", "", "true", "server", reasons[0]]);
  });

  test.each(['=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])(
    "an export escapes spreadsheet formulas: %j",
    async (reason) => {
      const url = await serveHistory({
        rows: async function* () {
          yield [{ time: 1, light: null, led_on: true, by: "person" as const, reason }];
        },
      });
      const [, row] = parseCsv((await ask(url, "/api/history.csv?device=known")).body as string);
      expect(row[4]).toBe(`'${reason}`);
    },
  );

  test.each([
    ["nightlight/porch", "nightlight-porch.csv"],
    ["a\"b\\c d'; x=y/ä", ""],
    ["~odd %2F&=<>/x", "-odd-2F-x.csv"],
  ])("an export has a file name made from the device id: %s", async (id, name) => {
    const url = await serveHistory({ query: async () => ({ points: [], led_on: true, switches: [], step: 0 }) });
    const { status, headers } = await ask(url, `/api/history.csv?device=${encodeURIComponent(id)}`);
    if (name) expect(headers["content-disposition"]).toBe(`attachment; filename="${name}"`);
    else expect(status).toBe(400);
  });

  test("an export is streamed, and stops reading when the client disconnects", async () => {
    let batches = 0;
    let ended = false;
    const url = await serveHistory({
      rows: async function* () {
        const rows = Array.from({ length: 2000 }, (_, n) => createReadingRow(n, n % 1024));
        try {
          for (; batches < 100_000; batches++) yield rows;
        } finally {
          ended = true;
        }
      },
    });
    const request = http.get(`${url}/api/history.csv?device=known`, { agent: false });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    await once(response, "readable");
    response.destroy();
    await eventually(() => ended, { what: "the export to stop" });
    expect(batches).toBeLessThan(1000);
  });

  test("an export that fails midway aborts the response", async () => {
    const url = await serveHistory({
      rows: async function* () {
        yield [createReadingRow(1, 1)];
        throw new Error("the disk is gone");
      },
    });
    await expect(ask(url, "/api/history.csv?device=known")).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  });
});

test("the history has a reading immediately, and none after the device is forgotten", async () => {
  const { brokerUrl, httpUrl, devices } = await startTestServer({ history: UNLIMITED_HISTORY });
  const url = httpUrl!;
  const from = Date.now();
  const sensor = await startTestBoard(brokerUrl, "n/board");
  for (const light of [512, 100, 512]) {
    await sensor.read(light);
    // readings of the same millisecond are sorted by light
    const arrival = Date.now();
    await eventually(() => Date.now() > arrival + 1, { what: "the next millisecond" });
  }
  await eventually(() => devices.recent("n/board").length === 3, { what: "the readings" });
  const query = `?device=n/board&from=${from}`;
  const { points, switches, step } = (await ask(url, `/api/history${query}`)).body as Record<string, unknown[]>;
  expect(points.map((point) => (point as { last: number }).last)).toEqual([512, 100, 512]);
  expect(step).toBe(0);
  expect(switches).toMatchObject([
    { led_on: false, by: "server" },
    { led_on: true, by: "server", reason: expect.stringContaining("100") },
    { led_on: false, by: "server" },
  ]);
  const rows = parseCsv((await ask(url, `/api/history.csv${query}`)).body as string).slice(1);
  expect(rows.map((row) => row[1]).filter(Boolean)).toEqual(["512", "100", "512"]);
  expect(rows.map((row) => row[2]).filter(Boolean)).toEqual(["false", "true", "false"]);
  await ask(url, "/api/devices/n/board", { method: "DELETE" });
  expect((await ask(url, `/api/history${query}`)).status).toBe(404);
});
