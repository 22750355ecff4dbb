/** Tests several servers that share the devices of one broker, with a real Mosquitto and a real Redis. */
import { beforeAll, describe, expect, test } from "vitest";
import type { DeviceView, NightlightServer, ServerOptions } from "nightlight-server";
import { createLog } from "../../server/src/observability/log.js";
import { LESSON_POLICY, type Policy, type ZonePolicy } from "../../server/src/decisions/policy.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO, REDIS } from "../support/programs.js";
import { startRedis, type RedisServer } from "../support/redis.js";
import { connectClient, startTestServer, createTemporaryFolder, type TestClient } from "./support/server.js";

const HAS_ALL_PROGRAMS = MOSQUITTO && REDIS;

describe.skipIf(isMissing(HAS_ALL_PROGRAMS, "Mosquitto and Redis"))("several servers", () => {
  let mosquitto: Mosquitto;
  let redis: RedisServer;
  let prefixes = 0;
  beforeAll(async () => {
    [mosquitto, redis] = await Promise.all([startMosquitto(), startRedis()]);
    return () => Promise.all([mosquitto.remove(), redis.remove()]);
  });

  const debug = createLog("pretty", {
    output: { write: (text: string) => void (process.env.DEBUG_CLUSTER && process.stderr.write(text)) },
  });

  function startMember(prefix: string, options: ServerOptions = {}): Promise<NightlightServer> {
    return startTestServer({ broker: mosquitto.url, state: redis.url, topicPrefix: prefix, log: debug, ...options });
  }

  /** Resolves when every server is ready, so that each device has an owner. */
  async function waitUntilReady(...servers: NightlightServer[]): Promise<void> {
    for (const { httpUrl } of servers)
      await eventually(async () => (await fetch(`${httpUrl}/readyz`)).ok, {
        within: 10_000,
        what: "the server to be ready",
      });
  }

  async function publishJson(device: TestClient, topic: string, message: object): Promise<void> {
    await device.publishAsync(topic, JSON.stringify(message), { qos: 1 });
  }

  test("each reading is answered once, whichever server receives it, and both servers own devices", async () => {
    const prefix = `side-${++prefixes}`;
    const servers = [await startMember(prefix), await startMember(prefix)];
    await waitUntilReady(...servers);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/+/commands`);
    for (let n = 0; n < 200; n++)
      await device.publishAsync(`${prefix}/d${n % 50}/telemetry`, `{"light":${n}}`, { qos: 1 });
    await eventually(() => device.got.length >= 200, { within: 10_000, what: "200 answers" });
    expect(device.got).toHaveLength(200);
    const counts = servers.map(({ counters }) => counters.sent);
    expect(counts[0] + counts[1]).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(20);
    expect(servers[0].devices.size + servers[1].devices.size).toBe(50);
  });

  test("servers start correctly while the broker delivers the retained statuses of many boards", async () => {
    const prefix = `side-${++prefixes}`;
    const device = await connectClient(mosquitto.url);
    // publishes 200 retained messages, which the broker delivers before it acknowledges further requests of a starting server
    for (let n = 0; n < 200; n++)
      await device.publishAsync(`${prefix}/d${n}/status`, JSON.stringify({ online: true, board: "b", firmware: "1" }), {
        qos: 1,
        retain: true,
      });
    const servers = [await startMember(prefix), await startMember(prefix)];
    await waitUntilReady(...servers);
    await eventually(() => servers[0].devices.size + servers[1].devices.size === 200, { what: "all devices" });
    expect(servers.flatMap(({ devices }) => devices.list()).filter(({ online }) => online)).toHaveLength(200);
  });

  test("a board's newest reading decides, whichever server receives it, and duplicates have no effect", async () => {
    const prefix = `side-${++prefixes}`;
    const servers = [await startMember(prefix), await startMember(prefix), await startMember(prefix)];
    await waitUntilReady(...servers);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/+/commands`);
    const publishReading = (n: number, seq: number): void =>
      void publishJson(device, `${prefix}/d${n}/telemetry`, {
        light: seq % 2 ? 100 : 600,
        boot: 7,
        seq,
        at: seq,
        age: 0,
      });
    for (let seq = 1; seq <= 50; seq++) for (let n = 0; n < 10; n++) for (const again of [0, 1]) if (!again || seq % 3 === 0) publishReading(n, seq); // prettier-ignore
    for (let n = 0; n < 10; n++) {
      const findLastCommand = () => device.got.findLast(({ topic }) => topic === `${prefix}/d${n}/commands`)?.text;
      await eventually(() => findLastCommand() === '{"led_on":false,"seq":50}', {
        within: 10_000,
        what: "the last answer",
      });
    }
    await eventually(() => servers.reduce((sum, { counters }) => sum + counters.duplicates, 0) === 160, {
      what: "the duplicates to be counted",
    });
    for (let n = 0; n < 10; n++) {
      const seqs = device.got
        .filter(({ topic }) => topic === `${prefix}/d${n}/commands`)
        .map(({ text }) => (JSON.parse(text) as { seq: number }).seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    }
  });

  const createHallPolicy = (prefix: string, more: Partial<ZonePolicy> = {}): Policy => ({
    ...LESSON_POLICY,
    zones: [
      {
        name: "hall",
        sensors: [1, 2, 3, 4, 5].map((n) => `${prefix}/s${n}`),
        lamps: [`${prefix}/s1`, `${prefix}/lamp`],
        combine: "median",
        at_least: 1,
        rule: { threshold: 300, hysteresis: 100, min_on: 0, min_off: 0 },
        stale_after: 60_000,
        ...more,
      },
    ],
  });

  test("a zone combines sensors that report to different servers, with hysteresis and without flicker", async () => {
    const prefix = `side-${++prefixes}`;
    const options = { policy: createHallPolicy(prefix) };
    const servers = [await startMember(prefix, options), await startMember(prefix, options)];
    await waitUntilReady(...servers);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/lamp/commands`);
    const listLampStates = (): unknown[] =>
      device.got.map(({ text }) => (JSON.parse(text) as { led_on: boolean }).led_on);
    await publishJson(device, `${prefix}/lamp/telemetry`, { light: 500 });
    let seq = 0;
    const publishRound = async (light: number): Promise<void> => {
      seq++;
      for (let n = 1; n <= 5; n++)
        await publishJson(device, `${prefix}/s${n}/telemetry`, {
          light: light + n,
          boot: 1,
          seq,
          at: seq * 10,
          age: 0,
        });
    };
    const expected: boolean[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const on = turn % 2 === 0;
      await publishRound(on ? 200 : 500);
      expected.push(on);
      await eventually(() => listLampStates().at(-1) === on && listLampStates().length >= expected.length, {
        what: "the lamp",
      });
      // light between the two thresholds (hysteresis) does not switch the lamp
      await publishRound(350);
    }
    const changes = listLampStates().filter((led_on, n, all) => led_on !== all[n - 1]);
    expect(changes[0] === false ? changes.slice(1) : changes).toEqual(expected);
    expect(servers.map(({ zones }) => zones.get("hall")!.led_on).filter((led_on) => led_on !== null)).toEqual([false]);
  });

  test("a zone keeps its light, its switch time and its overrides when its server stops", async () => {
    const prefix = `side-${++prefixes}`;
    const options = {
      policy: createHallPolicy(prefix, { rule: { threshold: 300, hysteresis: 0, min_on: 3_600_000, min_off: 0 } }),
    };
    const servers = [await startMember(prefix, options), await startMember(prefix, options)];
    await waitUntilReady(...servers);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/+/commands`, `${prefix}/status`);
    const commandOf = (name: string): string | undefined =>
      device.got.findLast(({ topic }) => topic === `${prefix}/${name}/commands`)?.text;
    for (let n = 1; n <= 5; n++)
      await publishJson(device, `${prefix}/s${n}/telemetry`, { light: 100, boot: 1, seq: 1, at: 1, age: 0 });
    await publishJson(device, `${prefix}/other/telemetry`, { light: 900 });
    await eventually(() => commandOf("s1")?.includes("true"), { what: "the zone to be on" });
    // wait for the answer to the reading, because the server rejects an override before the device's first message
    await eventually(() => commandOf("other")?.includes("false"), { what: "the answer to the other board" });
    await publishJson(device, `${prefix}/other/set`, { mode: "on" });
    await eventually(() => commandOf("other")?.includes("true"), { what: "the override" });
    for (const member of servers) {
      // replace one server after the other by a new one
      await member.close();
      await waitUntilReady(await startMember(prefix, options));
      for (let n = 1; n <= 5; n++)
        await publishJson(device, `${prefix}/s${n}/telemetry`, { light: 900, boot: 2, seq: n, at: n, age: 0 });
      await publishJson(device, `${prefix}/other/telemetry`, { light: 900 });
      const from = device.got.length;
      await eventually(() => device.got.length > from || commandOf("s1"), { what: "answers" });
      // although it is bright, `min_on` keeps the zone's lamps on for an hour, and the override keeps the lamp `other` on
      await eventually(() => device.got.filter(({ topic }) => topic === `${prefix}/s1/commands`).length >= 1, { what: "an answer" }); // prettier-ignore
      expect(commandOf("s1")).toContain("true");
      expect(commandOf("other")).toContain("true");
    }
    expect(device.got.filter(({ topic, text }) => topic === `${prefix}/s1/commands` && text.includes("false"))).toEqual(
      [],
    );
    await eventually(
      () => device.got.findLast(({ topic }) => topic === `${prefix}/status`)?.text === '{"online":true}',
      {
        what: "the online status of the remaining servers",
      },
    );
  });

  test("the first server that starts again receives the readings that the broker queued", async () => {
    const prefix = `side-${++prefixes}`;
    const data = await createTemporaryFolder();
    const first = await startMember(prefix, { data });
    await waitUntilReady(first);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/+/commands`);
    await publishJson(device, `${prefix}/hall/telemetry`, { light: 7, boot: 1, seq: 1, at: 1, age: 0 });
    await eventually(() => first.devices.get(`${prefix}/hall`)?.led_on, { what: "the reading before the stop" });
    const { last_seen } = first.devices.get(`${prefix}/hall`)!;
    await first.close();
    for (let seq = 1; seq <= 100; seq++)
      await publishJson(device, `${prefix}/porch/telemetry`, { light: 1000 - seq * 9, boot: 1, seq, at: seq, age: 0 });
    const second = await startMember(prefix);
    await waitUntilReady(second);
    await eventually(() => second.devices.recent(`${prefix}/porch`).length === 100, {
      within: 10_000,
      what: "100 readings",
    });
    await eventually(() => device.got.at(-1)?.text === '{"led_on":true,"seq":100}', { what: "an answer to the last" });
    // the second server has the time of the reading, with a tolerance for the difference between the servers' clocks
    const hall = second.devices.get(`${prefix}/hall`)!;
    expect(hall).toMatchObject({ light: 7, led_on: true });
    expect(Math.abs(Date.parse(hall.last_seen!) - Date.parse(last_seen!))).toBeLessThan(2000);
  });

  test("every server's API shows and changes all devices and zones, and its event stream reports all changes", async () => {
    const prefix = `side-${++prefixes}`;
    const options = { policy: createHallPolicy(prefix) };
    const servers = [await startMember(prefix, options), await startMember(prefix, options)];
    await waitUntilReady(...servers);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/+/commands`);
    const names = Array.from({ length: 20 }, (_, n) => `${prefix}/d${n}`);
    for (const id of names) await publishJson(device, `${id}/telemetry`, { light: 500 });
    await publishJson(device, `${prefix}/s1/telemetry`, { light: 100 });
    const getJson = async <T>(at: NightlightServer, path: string): Promise<T> =>
      (await (await fetch(`${at.httpUrl}/api/${path}`)).json()) as T;
    for (const member of servers) {
      const listIds = async () => (await getJson<DeviceView[]>(member, "devices")).map(({ id }) => id);
      await eventually(async () => (await listIds()).length === 21, { what: "all devices" });
      expect(await listIds()).toEqual([...names, `${prefix}/s1`].sort());
      expect(await getJson(member, "zones")).toMatchObject([{ name: "hall", led_on: true, light: 100 }]);
      expect(await getJson(member, "zones/hall")).toMatchObject({ led_on: true });
      for (const id of names) {
        expect(await getJson(member, `devices/${id}`)).toMatchObject({ id, light: 500, led_on: false });
        expect((await getJson<{ points: unknown[] }>(member, `recent?device=${id}`)).points).toHaveLength(1);
      }
    }
    expect(servers.map(({ devices }) => devices.size).every((size) => size > 0)).toBe(true);

    const events = await fetch(`${servers[0].httpUrl}/api/events`);
    let eventText = "";
    const eventReader = (async () => {
      for await (const piece of events.body!) eventText += Buffer.from(piece).toString();
    })().catch(() => {});
    await eventually(() => eventText.includes("event: devices"), { what: "the events to begin" });
    const setModeOn = (at: NightlightServer, id: string) =>
      fetch(`${at.httpUrl}/api/devices/${id}/mode`, { method: "PUT", headers: { "content-type": "application/json" }, body: '{"mode":"on"}' }); // prettier-ignore
    for (const id of names) {
      const answer = await setModeOn(servers[1], id);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ id, mode: "on", led_on: true });
    }
    for (const id of names)
      await eventually(() => eventText.includes(`"id":"${id}","online":true,"light":500,"led_on":true`), {
        what: "the event",
      });
    expect((await fetch(`${servers[0].httpUrl}/api/devices/${prefix}/nobody`)).status).toBe(404);
    expect((await setModeOn(servers[0], `${prefix}/nobody`)).status).toBe(404);
    await servers[0].close();
    await eventReader;
  });

  test("servers make no decisions without Redis, and continue when Redis is back", async () => {
    const prefix = `side-${++prefixes}`;
    const servers = [await startMember(prefix), await startMember(prefix)];
    await waitUntilReady(...servers);
    const device = await connectClient(mosquitto.url, {}, `${prefix}/+/commands`);
    await publishJson(device, `${prefix}/porch/telemetry`, { light: 100, boot: 1, seq: 1, at: 1, age: 0 });
    await eventually(() => device.got.at(-1)?.text === '{"led_on":true,"seq":1}', { what: "an answer" });
    await redis.kill();
    await eventually(async () => (await fetch(`${servers[0].httpUrl}/readyz`)).status === 503, {
      what: "the server not to be ready",
    });
    for (let seq = 2; seq <= 9; seq++)
      await publishJson(device, `${prefix}/porch/telemetry`, { light: 900, boot: 1, seq, at: seq, age: 0 });
    await redis.start();
    await waitUntilReady(...servers);
    await eventually(() => device.got.at(-1)?.text === '{"led_on":false,"seq":9}', {
      within: 10_000,
      what: "the answer",
    });
    expect(device.got.map(({ text }) => (JSON.parse(text) as { seq: number }).seq)).toEqual(
      device.got.map(({ text }) => (JSON.parse(text) as { seq: number }).seq).sort((a, b) => a - b),
    );
  });
});
