/** Tests what a server of a cluster stores in Redis when it stops. */
import { Redis } from "ioredis";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { joinCluster } from "../../server/src/cluster/cluster.js";
import { DeviceRecords } from "../../server/src/cluster/device-records.js";
import { OrphanedSessions } from "../../server/src/cluster/orphaned-sessions.js";
import { slotOf } from "../../server/src/cluster/ownership.js";
import { toSettings } from "../../server/src/config/options.js";
import { Devices } from "../../server/src/devices/devices.js";
import { NO_HISTORY } from "../../server/src/history/history.js";
import type { StateStore } from "../../server/src/storage/state.js";
import { clock } from "../../server/src/time/monotonic-clock.js";
import { createScope } from "../../server/src/transport/scope.js";
import { eventually, expectDuration } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO, REDIS } from "../support/programs.js";
import { startRedis, type RedisServer } from "../support/redis.js";
import { createTestLog } from "./support/http-app.js";
import { connectClient, startTestServer } from "./support/server.js";

describe.skipIf(isMissing(MOSQUITTO && REDIS, "Mosquitto and Redis"))("a server of a cluster that stops", () => {
  let mosquitto: Mosquitto;
  let redis: RedisServer;
  beforeAll(async () => {
    [mosquitto, redis] = await Promise.all([startMosquitto(), startRedis()]);
    return () => Promise.all([mosquitto.remove(), redis.remove()]);
  });

  test("first stores the last reading of each board, although nobody sends a reading of QoS 0 again", async () => {
    const prefix = "stop";
    const server = await startTestServer({ broker: mosquitto.url, state: redis.url, topicPrefix: prefix });
    await eventually(async () => (await fetch(`${server.httpUrl}/readyz`)).ok, { what: "the server to be ready" });
    const board = await connectClient(mosquitto.url, {}, `${prefix}/porch/commands`);
    await board.publishAsync(`${prefix}/porch/telemetry`, '{"light":123}');
    await eventually(() => board.got.length > 0, { what: "the command", every: 1 });
    await server.close();
    const reader = new Redis(redis.url);
    onTestFinished(() => reader.disconnect());
    const id = `${prefix}/porch`;
    expect(await reader.hget(`nightlight:${prefix}:slot:${slotOf(id)}`, `d${id}`)).toMatch(/^\[null,123,/);
  });

  test("stops within some seconds and says why, although Redis does not answer", async () => {
    const prefix = "hung";
    const log = createTestLog();
    const server = await startTestServer({ broker: mosquitto.url, state: redis.url, topicPrefix: prefix, log });
    await eventually(async () => (await fetch(`${server.httpUrl}/readyz`)).ok, { what: "the server to be ready" });
    const other = new Redis(redis.url);
    onTestFinished(() => other.disconnect());
    await other.client("PAUSE", 9000, "ALL");
    const board = await connectClient(mosquitto.url);
    await board.publishAsync(`${prefix}/porch/telemetry`, '{"light":123}');
    const start = performance.now();
    await server.close();
    // well before the program ends the shutdown by force, after 8 s
    expectDuration(start, 7000, "the stop");
    const text = expect.stringContaining("does not answer, so this server stops without it") as string;
    expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", text }));
  });
});

test.skipIf(isMissing(REDIS, "Redis"))(
  "a server that cannot leave the cluster says nothing about Redis, which answers",
  async () => {
    const redis = await startRedis();
    const log = createTestLog();
    const prefix = "leave";
    const cluster = await joinCluster({
      url: redis.url,
      broker: { url: "mqtt://127.0.0.1:9", host: "127.0.0.1", port: 9, secure: false },
      scope: createScope(prefix, []),
      prefix,
      policy: toSettings({ data: "unused" }).policy,
      folder: { serverId: "a", run: 1 },
      log,
      history: NO_HISTORY,
    });
    onTestFinished(async () => {
      await cluster.close();
      await redis.remove();
    });
    const leave = vi.spyOn(OrphanedSessions.prototype, "close").mockRejectedValue(new Error("cannot leave"));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await expect(cluster.close()).rejects.toThrow("cannot leave");
      vi.advanceTimersByTime(60_000);
    } finally {
      vi.useRealTimers();
      leave.mockRestore();
    }
    expect(log.lines).toEqual([]);
  },
);

test("a server that stops while Redis fails gives up at once, and counts nothing as stored", async () => {
  let attempts = 0;
  let stored = 0;
  const failing = {
    async write() {
      attempts++;
      throw new Error("Connection is closed.");
    },
  } as Partial<StateStore> as StateStore;
  const records = new DeviceRecords(failing, () => stored++, () => {}, clock); // prettier-ignore
  const porch = new Devices().obtain("porch")!;
  const added = records.add(porch, { light: 1 }, clock.now(), true, { time: clock.now(), light: 1, led_on: null });
  await eventually(() => attempts >= 2, { what: "a repetition" });
  await records.close();
  await added;
  const attemptsAtClose = attempts;
  records.storeDevice(porch);
  await records.whenStored;
  expect(attempts).toBe(attemptsAtClose + 1);
  expect(stored).toBe(0);
});
