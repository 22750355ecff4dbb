/** Kills one of two servers under load: every reading is answered in time and stored exactly once. */
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { startPostgres, type Postgres } from "../support/postgres.js";
import { isMissing, MOSQUITTO, POSTGRES, REDIS } from "../support/programs.js";
import { startRedis, type RedisServer } from "../support/redis.js";
import { startFleet } from "./support/fleet.js";
import { countReadings, openPostgresHistory } from "./support/history.js";
import { LOG_ALL_MESSAGES, startServerProgram, type ServerProgram } from "./support/program.js";
import { createTemporaryFolder } from "./support/server.js";

const HAS_ALL_PROGRAMS = MOSQUITTO && REDIS && POSTGRES;

const BOARD_COUNT = 100;
const READING_INTERVAL = 200;

describe.skipIf(isMissing(HAS_ALL_PROGRAMS, "Mosquitto, Redis and PostgreSQL"))(
  "two servers, one of which is killed",
  () => {
    let mosquitto: Mosquitto;
    let redis: RedisServer;
    let postgres: Postgres;
    beforeAll(async () => {
      [mosquitto, redis, postgres] = await Promise.all([startMosquitto(), startRedis(), startPostgres()]);
      return () => Promise.all([mosquitto.remove(), redis.remove(), postgres.remove()]);
    });

    async function startMember(history: string): Promise<ServerProgram> {
      const flags = ["--broker", mosquitto.url, "--state", redis.url, "--history", history, "--topic-prefix", "kill"];
      return startServerProgram([
        ...flags,
        "--data",
        await createTemporaryFolder(),
        "--http-port",
        "0",
        ...LOG_ALL_MESSAGES,
      ]);
    }

    const addressOf = async ({ child, readEntries, output }: ServerProgram): Promise<string> => {
      const findAddress = () => /http:\/\/[\d.:]+/.exec(JSON.stringify(readEntries()))?.[0];
      const found = await eventually(() => findAddress() ?? child.exitCode?.toString(), {
        within: 30_000,
        what: "its address",
      });
      if (child.exitCode !== null) throw new Error(`it ended: ${output.err}`);
      return found;
    };

    async function waitUntilReady(program: ServerProgram): Promise<void> {
      const url = await addressOf(program);
      await eventually(async () => (await fetch(`${url}/readyz`)).ok, {
        within: 20_000,
        what: "the server to be ready",
      });
    }

    test("every reading is answered correctly within 2 s, and the history contains each reading once", async () => {
      const history = await postgres.createDatabase();
      const programs = [await startMember(history), await startMember(history)];
      for (const program of programs) await waitUntilReady(program);
      const fleet = await startFleet(mosquitto.url, "kill", BOARD_COUNT, READING_INTERVAL);
      onTestFinished(() => fleet.close());
      const waitForSentReadings = (more: number) =>
        eventually(() => fleet.sentCount >= more, { within: 60_000, what: `${more} readings` });
      await waitForSentReadings(2000);
      expect(programs[0].child.kill("SIGKILL")).toBe(true);
      await waitForSentReadings(5000);
      // a third server replaces the killed one, then the second server is killed
      programs.push(await startMember(history));
      await waitUntilReady(programs[2]);
      await waitForSentReadings(8000);
      programs[1].child.kill("SIGKILL");
      await waitForSentReadings(11_000);
      fleet.pause();
      const all = [...fleet.boards.values()];
      await eventually(() => all.every(({ seq, answered }) => answered === seq), {
        within: 10_000,
        what: "the last answers",
      });
      expect(fleet.problems).toEqual([]);
      expect(fleet.measureLongestWait()).toBeLessThan(2000);

      const kept = await openPostgresHistory(history);
      for (const [name, { seq }] of fleet.boards)
        await eventually(async () => (await countReadings(kept, `kill/${name}`)) === seq, {
          within: 10_000,
          every: 100,
          what: `each of ${seq} readings of ${name}, once`,
        });
    }, 300_000);
  },
);
