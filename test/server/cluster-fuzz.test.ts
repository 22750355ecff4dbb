/** Fuzz test of two servers with a shared Redis: boards report while another client writes random data to Redis. */
import fc from "fast-check";
import { Redis } from "ioredis";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { NightlightServer } from "nightlight-server";
import { createLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO, REDIS } from "../support/programs.js";
import { startRedis, type RedisServer } from "../support/redis.js";
import { IS_LONG_RUN, getTestSeed } from "../support/seed.js";
import { slotOf } from "../../server/src/cluster/ownership.js";
import { startFleet } from "./support/fleet.js";
import { connectClient, startTestServer } from "./support/server.js";

/** The total number of hostile commands that the test sends to Redis. */
const COMMAND_COUNT = IS_LONG_RUN ? 20_000 : 400;

/** Number of hostile commands per burst. */
const BURST_SIZE = 10;
/**
 * Number of bursts after which the test removes a server from the cluster, so that the server rejoins and reads all data
 * again.
 */
const REREAD_INTERVAL = 10;

const IDLE_BOARD_COUNT = 10;

/** Random values that no server writes to Redis. Servers can parse some of them. */
const hostileValues = fc.oneof(
  fc.constantFrom("", "hello", "null", "NaN", "1e400", '{"ask":1}', "[]", "{}", "[null]", '"x"', "-1", "true", "+"),
  fc.constantFrom(
    "[null,100,1,1e400,true,0,0,null,[]]",
    "[null,100,1,1,true,1e400,1,null,[]]",
    "[null,100,1,1,true,1,NaN,null,[]]",
    "[null,100,1,1,true,1,1e300,null,[]]",
    '[[[1,[1,2,0,"AA=="],null]],100,1,1,true,1,1,null,[]]',
    '[null,100,1,1,true,1,1,{"online":"yes"},[]]',
    "[null,100,1,1,true,1,1,null,[[1e400,5]]]",
    '{"mode":"on","until":1e400}',
    '{"mode":"disco"}',
    '{"last":1e400,"expired":0,"pending":[]}',
    '{"last":1,"expired":0,"pending":[{"seq":1,"until":1e300}]}',
    '{"events":"x"}',
    '{"events":"event: device\\ndata: {\\n\\n"}',
    '{"follow":1}',
    '{"answer":1,"with":{"status":900,"text":"{"}}',
    "+\t1\t1\t1\t1\t\n",
  ),
  fc.json().map((text) => `[${text}]`),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);

type Command = readonly (string | Buffer)[];

/** Generates hostile Redis commands. @param devices ids of devices, some of which report readings */
function generateHostileCommands(
  namespace: string,
  servers: readonly string[],
  devices: readonly string[],
): fc.Arbitrary<Command> {
  const ofDevice = fc.constantFrom(...devices).map((id) => [`${namespace}:slot:${slotOf(id)}`, id] as const);
  const whole = fc.oneof(
    fc.constantFrom("members", "settled", "epoch", "gone", "memory", "discovery").map((name) => `${namespace}:${name}`),
    ofDevice.map(([slot]) => slot),
  );
  const name = fc.oneof(fc.constantFrom("x", "homeassistant", ...servers), fc.string({ maxLength: 8 }));
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...servers), hostileValues)
      .map(([to, value]) => ["PUBLISH", `${namespace}:to:${to}`, value]),
    hostileValues.map((value) => ["PUBLISH", `${namespace}:changes`, value]),
    fc.tuple(ofDevice, fc.constantFrom("d", "o", "a", "z", "?"), hostileValues).map(([[slot, id], kind, value]) => ["HSET", slot, kind + id, value]), // prettier-ignore
    fc.tuple(ofDevice, fc.string(), hostileValues).map(([[slot], field, value]) => ["HSET", slot, field, value]),
    fc.tuple(fc.constantFrom("settled", "gone", "memory", "discovery"), name, hostileValues).map(([key, field, value]) => ["HSET", `${namespace}:${key}`, field, value]), // prettier-ignore
    fc.tuple(name, fc.constantFrom("-inf", "inf", "0", "1e300")).map(([member, score]) => ["ZADD", `${namespace}:members`, score, member]), // prettier-ignore
    hostileValues.map((value) => ["SET", `${namespace}:epoch`, value]),
    fc.tuple(whole, hostileValues).map(([key, value]) => ["SET", key, value]),
    whole.map((key) => ["LPUSH", key, "x"]),
    whole.map((key) => ["DEL", key]),
  ) as fc.Arbitrary<Command>;
}

describe.skipIf(isMissing(MOSQUITTO && REDIS, "Mosquitto and Redis"))(
  "two servers at a Redis to which another client writes",
  () => {
    let mosquitto: Mosquitto;
    let redis: RedisServer;
    beforeAll(async () => {
      [mosquitto, redis] = await Promise.all([startMosquitto(), startRedis()]);
      return () => Promise.all([mosquitto.remove(), redis.remove()]);
    });

    const countRejected = (servers: readonly NightlightServer[]): number =>
      servers.reduce((sum, { counters }) => sum + (counters.rejected["bad-state"] ?? 0), 0);

    test("no random data in Redis ends a server, causes a wrong answer, or causes a response with status 500", async () => {
      const random = getTestSeed();
      const prefix = "fuzz";
      let text = "";
      const log = createLog("json", { output: { write: (more: string) => void (text += more) } });
      const startMember = () => startTestServer({ broker: mosquitto.url, state: redis.url, topicPrefix: prefix, log });
      const servers = [await startMember(), await startMember()];
      const waitUntilReady = async (): Promise<void> => {
        for (const { httpUrl } of servers)
          await eventually(async () => (await fetch(`${httpUrl}/readyz`)).ok, {
            within: 10_000,
            what: "the server to be ready",
          });
      };
      await waitUntilReady();
      const stranger = await connectClient(mosquitto.url, { clientId: "homeassistant" });
      const idle = Array.from({ length: IDLE_BOARD_COUNT }, (_, n) => `${prefix}/idle${n}`);
      for (const id of idle) await stranger.publishAsync(`${id}/telemetry`, '{"light":500}', { qos: 1 });
      const fleet = await startFleet(mosquitto.url, prefix, 20, 200);
      onTestFinished(() => fleet.close());

      const attacker = new Redis(redis.url);
      onTestFinished(() => attacker.disconnect());
      const namespace = `nightlight:${prefix}`;
      const memberNames = (await attacker.zrange(`${namespace}:members`, "0", "-1")).sort();
      expect(memberNames).toHaveLength(2);
      const devices = [...idle, ...Array.from(fleet.boards.keys(), (name) => `${prefix}/${name}`)];
      const statuses = new Map<number, number>();
      const readApi = async (): Promise<void> => {
        for (const { httpUrl } of servers)
          for (const path of ["devices", ...devices.slice(0, IDLE_BOARD_COUNT + 2).map((id) => `devices/${id}`)]) {
            const { status } = await fetch(`${httpUrl}/api/${path}`);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
      };
      const all = fc.sample(generateHostileCommands(namespace, memberNames, devices), {
        seed: random,
        numRuns: COMMAND_COUNT,
      });
      for (let at = 0; at < all.length; at += BURST_SIZE) {
        const burst = all.slice(at, at + BURST_SIZE);
        // ignore errors, because Redis refuses some of the commands
        await Promise.allSettled(burst.map(([command, ...args]) => attacker.call(command as string, ...args)));
        const round = at / BURST_SIZE + 1;
        if (round % REREAD_INTERVAL !== 0) continue;
        await attacker.zrem(`${namespace}:members`, memberNames[(round / REREAD_INTERVAL) % 2]).catch(() => {});
        await readApi();
        await waitUntilReady();
        await readApi();
      }
      await waitUntilReady();
      await readApi();
      await eventually(() => fleet.sentCount > 100, { within: 20_000, what: "100 readings" });
      fleet.pause();
      const boards = [...fleet.boards.values()];
      await eventually(() => boards.every(({ seq, answered }) => answered === seq), {
        within: 10_000,
        what: "each board's last reading to be answered",
      });
      expect(fleet.problems).toEqual([]);
      expect([...statuses.keys()].filter((status) => ![200, 404, 503].includes(status))).toEqual([]);
      expect(statuses.get(200)).toBeGreaterThan(20);
      expect(countRejected(servers)).toBeGreaterThan(COMMAND_COUNT / 20);
      // a forged member name must not make a server take over another client's session at the broker
      expect(stranger.connected).toBe(true);
      log.flush();
      // servers limit the log lines about rejected values of each key and channel, so there are fewer than commands
      expect(text.split("\n").filter((line) => line.includes('"bad-state"')).length).toBeLessThan(COMMAND_COUNT);
      expect(text).toContain(`${namespace}:to:`);
    }, 600_000);

    test.each([
      "hello",
      "null",
      '{"ask":1}',
      `{"ask":1,"from":"fuzz-server-0123456789ab-1","request":{"method":"GET","url":"/api/%"}}`,
    ])("the message %s on a server's channel is counted, logged once, and has no other effect", async (word) => {
      const prefix = `word-${Math.abs(slotOf(word))}`;
      let text = "";
      const log = createLog("json", { output: { write: (more: string) => void (text += more) } });
      const one = await startTestServer({ broker: mosquitto.url, state: redis.url, topicPrefix: prefix, log });
      const attacker = new Redis(redis.url);
      onTestFinished(() => attacker.disconnect());
      await eventually(async () => (await fetch(`${one.httpUrl}/readyz`)).ok, { what: "the server to be ready" });
      const [name] = await attacker.zrange(`nightlight:${prefix}:members`, "0", "-1");
      const channel = `nightlight:${prefix}:to:${name}`;
      expect(await attacker.publish(channel, word)).toBe(1);
      expect(await attacker.publish(channel, word)).toBe(1);
      await eventually(() => countRejected([one]) === 2, { what: "both to be counted" });
      log.flush();
      expect(text.split("\n").filter((line) => line.includes(channel))).toHaveLength(1);
      expect((await fetch(`${one.httpUrl}/readyz`)).status).toBe(200);
      const metrics = await (await fetch(`${one.httpUrl}/metrics`)).text();
      expect(metrics).toContain('nightlight_messages_rejected_total{reason="bad-state"} 2');
    });
  },
);
