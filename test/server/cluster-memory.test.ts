/** Tests that two servers continue and restore their data in Redis after Redis has lost everything. */
import { Redis } from "ioredis";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { DeviceView, NightlightServer } from "nightlight-server";
import { createLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { startPostgres, type Postgres } from "../support/postgres.js";
import { isMissing, MOSQUITTO, POSTGRES, REDIS } from "../support/programs.js";
import { startRedis, type RedisServer } from "../support/redis.js";
import { startFleet } from "./support/fleet.js";
import { countReadings, RETAIN_FOREVER, openPostgresHistory } from "./support/history.js";
import { connectClient, startTestServer } from "./support/server.js";

const HAS_ALL_PROGRAMS = MOSQUITTO && REDIS && POSTGRES;
const BOARD_COUNT = 20;
const IDLE_BOARD_COUNT = 20;

describe.skipIf(isMissing(HAS_ALL_PROGRAMS, "Mosquitto, Redis and PostgreSQL"))("a Redis that loses its memory", () => {
  let mosquitto: Mosquitto;
  let redis: RedisServer;
  let postgres: Postgres;
  beforeAll(async () => {
    const starting = [startMosquitto(), startRedis({ persistent: false }), startPostgres()] as const;
    [mosquitto, redis, postgres] = await Promise.all(starting);
    return () => Promise.all([mosquitto.remove(), redis.remove(), postgres.remove()]);
  });

  const losses: [name: string, lose: () => Promise<unknown>][] = [
    [
      "FLUSHALL",
      async () => {
        const admin = new Redis(redis.url);
        await admin.flushall();
        admin.disconnect();
      },
    ],
    [
      "a restart without persistence",
      async () => {
        await redis.kill();
        await redis.start();
      },
    ],
  ];

  test.each(losses)(
    "after %s each reading is stored once, and the servers lose no state",
    async (name, lose) => {
      const prefix = name.slice(0, 3).trim();
      const database = await postgres.createDatabase();
      let text = "";
      const log = createLog("json", { output: { write: (more: string) => void (text += more) } });
      const startMember = () =>
        startTestServer({
          broker: mosquitto.url,
          state: redis.url,
          topicPrefix: prefix,
          log,
          history: { url: database, ...RETAIN_FOREVER },
        });
      const servers = [await startMember(), await startMember()];
      const waitUntilReady = async (all: readonly NightlightServer[]): Promise<void> => {
        for (const { httpUrl } of all)
          await eventually(async () => (await fetch(`${httpUrl}/readyz`)).ok, {
            within: 20_000,
            what: "the server to be ready",
          });
      };
      await waitUntilReady(servers);
      const board = await connectClient(mosquitto.url);
      const idle = Array.from({ length: IDLE_BOARD_COUNT }, (_, n) => `${prefix}/idle${n}`);
      /** Publishes the same five readings of each idle board. */
      const publishIdleReadings = async (): Promise<void> => {
        for (const id of idle)
        for (let seq = 11; seq <= 15; seq++)
          await board.publishAsync(`${id}/telemetry`, JSON.stringify({ light: 100 + seq, boot: 1, seq, age: 10, at: seq * 1000 }), { qos: 1 }); // prettier-ignore
      };
      const sumCounters = (of: (counters: NightlightServer["counters"]) => number): number =>
        servers.reduce((total, { counters }) => total + of(counters), 0);
      const readIdleViews = (from: NightlightServer): Promise<[number, DeviceView][]> =>
        Promise.all(
          idle.map(async (id) => {
            const answer = await fetch(`${from.httpUrl}/api/devices/${id}`);
            return [answer.status, (await answer.json()) as DeviceView] as [number, DeviceView];
          }),
        );
      await publishIdleReadings();
      await eventually(async () => (await readIdleViews(servers[0])).every(([status, { light }]) => status === 200 && light === 115), { what: "the readings of the idle boards" }); // prettier-ignore
      for (const id of idle) await board.publishAsync(`${id}/set`, '{"mode":"off"}', { qos: 1 });
      await eventually(async () => (await readIdleViews(servers[0])).every(([, { mode }]) => mode === "off"), {
        what: "overrides",
      });
      const fleet = await startFleet(mosquitto.url, prefix, BOARD_COUNT, 100);
      onTestFinished(() => fleet.close());
      const waitForSentReadings = (more: number) =>
        eventually(() => fleet.sentCount >= more, { within: 30_000, what: `${more} readings` });
      await waitForSentReadings(200);

      await lose();
      await waitForSentReadings(fleet.sentCount + 300);
      await waitUntilReady(servers);
      // compare with the current count, because the broker has already resent unacknowledged messages
      const before = sumCounters(({ duplicates }) => duplicates);
      await publishIdleReadings();
      await eventually(() => sumCounters(({ duplicates }) => duplicates) >= before + IDLE_BOARD_COUNT * 5, {
        what: "all of them to be duplicates",
      });
      fleet.pause();
      const boards = [...fleet.boards.values()];
      await eventually(() => boards.every(({ seq, answered }) => answered === seq), {
        within: 10_000,
        what: "answers",
      });
      expect(fleet.problems).toEqual([]);
      for (const one of servers)
        for (const [status, view] of await readIdleViews(one)) {
          expect(status).toBe(200);
          expect(view).toMatchObject({ light: 115, mode: "off", led_on: false });
        }

      // each of the two servers logs the loss once
      const findLosses = (): string[] => text.match(/has restarted or lost its data/g) ?? [];
      await eventually(() => findLosses().length >= 2, { what: "both log entries" });
      expect(findLosses()).toHaveLength(2);

      // stops a server, which must not delete the restored data from Redis
      await servers[0].close();
      await waitUntilReady([servers[1]]);
      // the other server takes over the devices of the stopped one
      const isComplete = ([status, { light, mode }]: [number, DeviceView]): boolean =>
        status === 200 && light === 115 && mode === "off";
      await eventually(async () => (await readIdleViews(servers[1])).every(isComplete), { what: "the idle boards" });
      const deviceViews = await eventually(
        async () => {
          const views = (await (await fetch(`${servers[1].httpUrl}/api/devices`)).json()) as DeviceView[];
          return views.length === BOARD_COUNT + IDLE_BOARD_COUNT && views;
        },
        { what: "all boards" },
      );
      // leaves out idle boards: their first `seq` is 11, so the server counts 10 missing readings of each
      for (const { id, missing } of deviceViews) if (!id.includes("idle")) expect(missing).toBe(0);
      const kept = await openPostgresHistory(database);
      for (const [board, { seq }] of fleet.boards)
        await eventually(async () => (await countReadings(kept, `${prefix}/${board}`)) === seq, {
          within: 10_000,
          every: 50,
          what: `each of ${seq} readings of ${board}, once`,
        });
      for (const id of idle) expect(await countReadings(kept, id)).toBe(5);
    },
    300_000,
  );
});
