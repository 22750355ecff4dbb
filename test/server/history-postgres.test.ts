/** Tests the history in a real PostgreSQL database that several servers share. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { eventually } from "../support/eventually.js";
import { startPostgres, type Postgres } from "../support/postgres.js";
import { isMissing, POSTGRES } from "../support/programs.js";
import { addReadingEverySecond, testHistoryGuarantees } from "./history-promises.js";
import { countReadings, createPostgresDatabase, openPostgresHistory } from "./support/history.js";

const MIDNIGHT = Date.UTC(2026, 5, 1);

describe.skipIf(isMissing(POSTGRES, "PostgreSQL"))("in PostgreSQL", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.remove());

  testHistoryGuarantees(() => createPostgresDatabase(postgres));

  async function queryRows(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  test("four servers that start at the same time and write for the same boards share one history", async () => {
    const url = await postgres.createDatabase();
    const servers = await Promise.all(Array.from({ length: 4 }, () => openPostgresHistory(url)));
    servers.forEach((server, index) => {
      // half of the readings of each server are duplicates of its neighbor's
      for (let board = 0; board < 20; board++)
        addReadingEverySecond(server, `board/${board}`, 1000, MIDNIGHT + index * 500_000);
      server.addSwitch("board/0", {
        time: MIDNIGHT + index,
        led_on: index % 2 === 0,
        by: "server",
        reason: `${index}`,
      });
    });
    for (const server of servers) await countReadings(server, "board/0");
    for (const server of servers) {
      for (let board = 0; board < 20; board++) expect(await countReadings(server, `board/${board}`)).toBe(2500);
      const { switches } = await server.query({ device: "board/0", from: 0, to: MIDNIGHT * 2, points: 1 });
      expect(switches.map(({ reason }) => reason)).toEqual(["0", "1", "2", "3"]);
    }
    expect(servers.map(({ problems }) => problems)).toEqual([[], [], [], []]);
  });

  test("forgetting a device deletes all its rows and no rows of other devices", async () => {
    const url = await postgres.createDatabase();
    const kept = await openPostgresHistory(url);
    for (const device of ["before", "forgotten", "after"]) {
      for (let hour = 0; hour < 500; hour++) kept.addReading(device, { time: hour * 3_600_000, light: 1 });
      for (let n = 0; n < 2500; n++) kept.addSwitch(device, { time: n, led_on: true, by: "server", reason: "" });
    }
    await kept.forget("forgotten");
    const readRowCounts = (): Promise<Record<string, unknown>[]> =>
      queryRows(
        url,
        `SELECT (SELECT count(*)::int FROM nightlight.devices) AS devices, (SELECT count(*)::int FROM nightlight.readings) AS readings,
         (SELECT count(*)::int FROM nightlight.hours) AS hours, (SELECT count(*)::int FROM nightlight.switches) AS switches`,
      );
    await eventually(async () => (await readRowCounts())[0].devices === 2, {
      within: 20_000,
      every: 50,
      what: "the device to be deleted",
    });
    expect(await readRowCounts()).toEqual([{ devices: 2, readings: 1000, hours: 1000, switches: 5000 }]);
  });

  test("entries added during an outage of the database are written once after it", async () => {
    const url = await postgres.createDatabase();
    const kept = await openPostgresHistory(url);
    addReadingEverySecond(kept, "porch", 100);
    expect(await countReadings(kept, "porch")).toBe(100);
    await postgres.kill();
    addReadingEverySecond(kept, "porch", 300);
    kept.addSwitch("porch", { time: MIDNIGHT, led_on: true, by: "server", reason: "dark" });
    await eventually(() => kept.problems.length > 0, { within: 20_000, what: "a reported problem" });
    expect(kept.problems[0]).toMatch(/cannot be written .+: \d+ readings and switches wait/);
    expect(kept.problems[0]).not.toContain("postgres://");
    await postgres.start();
    await eventually(() => kept.stats.waiting === 0, { within: 20_000, what: "the pending entries to be written" });
    expect(await countReadings(kept, "porch")).toBe(300);
    const { switches } = await kept.query({ device: "porch", from: 0, to: MIDNIGHT * 2, points: 1 });
    expect(switches).toHaveLength(1);
    expect(kept.stats.lost).toBe(0);
  });

  test("a reading that is delivered twice is stored once, even if the second server computes another time", async () => {
    const url = await postgres.createDatabase();
    const [first, second] = [await openPostgresHistory(url), await openPostgresHistory(url)];
    const addReadings = (to: typeof first, later: number, boot: number): void => {
      for (let seq = 1; seq <= 50; seq++)
        to.addReading("porch", { time: MIDNIGHT + seq * 1000 + later, light: seq, boot, seq });
    };
    addReadings(first, 0, 7);
    expect(await countReadings(first, "porch")).toBe(50);
    addReadings(second, 3, 7);
    expect(await countReadings(second, "porch")).toBe(50);
    // adds readings that are not duplicates: after a restart of the board, and with the same `boot` and `seq` a day later
    addReadings(second, 500, 8);
    addReadings(second, 86_400_000, 7);
    expect(await countReadings(second, "porch")).toBe(150);
    const { points } = await second.query({ device: "porch", from: 0, to: MIDNIGHT * 2, points: 1 });
    expect(points.reduce((sum, point) => sum + point.count, 0)).toBe(150);
  });

  test("tables of the previous version are migrated and keep their data", async () => {
    const url = await postgres.createDatabase();
    const before = await openPostgresHistory(url);
    before.addReading("porch", { time: MIDNIGHT, light: 1 });
    await countReadings(before, "porch");
    await before.close();
    await queryRows(url, "ALTER TABLE nightlight.readings DROP COLUMN number");
    await queryRows(url, "DELETE FROM nightlight.versions WHERE version = 2");
    const after = await openPostgresHistory(url);
    for (const later of [0, 1]) after.addReading("porch", { time: MIDNIGHT + 1000 + later, light: 1, boot: 0x7fffffff, seq: 0x7fffffff }); // prettier-ignore
    expect(await countReadings(after, "porch")).toBe(2);
    expect(after.problems).toEqual([]);
  });

  test("the server starts without an unreachable database and writes later; a missing database refuses the start", async () => {
    const url = await postgres.createDatabase();
    await postgres.kill();
    const kept = await openPostgresHistory(url);
    expect(kept.problems[0]).toMatch(/cannot be opened \(.*ECONNREFUSED.*\); the server tries again/);
    addReadingEverySecond(kept, "porch", 10);
    await postgres.start();
    await eventually(() => kept.stats.written === 10, { within: 20_000, what: "the pending entries to be written" });
    await expect(openPostgresHistory(url.replace(/\w+$/, "elsewhere"))).rejects.toThrow(
      /does not exist; create it with createdb/,
    );
  });

  test("the server refuses tables of a newer version and does not change them", async () => {
    const url = await postgres.createDatabase();
    await (await openPostgresHistory(url)).close();
    await queryRows(url, "INSERT INTO nightlight.versions VALUES (99)");
    await expect(openPostgresHistory(url)).rejects.toThrow(/newer nightlight-server.+99/);
  });
});
