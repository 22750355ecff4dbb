import { describe, expect, test } from "vitest";
import type { NightlightServer, Plugin } from "nightlight-server";
import WebSocket from "ws";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, DEFAULT_STALE_AFTER, type Policy } from "../../server/src/decisions/policy.js";
import { eventually } from "../support/eventually.js";
import { ask, followEvents, sendJson, type Answer } from "./support/api.js";
import { startTestBoard } from "./support/board.js";
import { connectClient, startTestServer } from "./support/server.js";

function putJson(base: string, path: string, body: string, headers?: Record<string, string>): Promise<Answer> {
  return sendJson("PUT", base, path, body, headers);
}

/**
 * Starts a server and connects a client that follows the lesson's protocol. The client has subscribed to its commands
 * and sent a light level of 512.
 */
async function startWithDevice(id = "nightlight/porch") {
  const running = await startTestServer();
  const device = await connectClient(running.brokerUrl, {}, `${id}/commands`);
  await device.publishAsync(`${id}/telemetry`, '{"light":512}', { qos: 1 });
  await eventually(() => device.got.length === 1, { what: "the answer" });
  return { running, device, url: running.httpUrl! };
}

describe("the API", () => {
  test("the server is healthy while it is connected to the broker", async () => {
    const { httpUrl } = await startTestServer();
    expect(await ask(httpUrl!, "/healthz")).toMatchObject({ status: 200, body: { ok: true } });
  });

  test("devices have exactly the documented fields", async () => {
    const { running, url, device } = await startWithDevice();
    const lesson = {
      id: "nightlight/porch",
      online: true,
      light: 512,
      led_on: false,
      decided_by: "server",
      last_seen: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      missing: 0,
      dropped: 0,
      mode: "auto",
      until: null,
      reason: expect.stringContaining("512"),
      label: "nightlight/porch",
      zone: null,
      threshold: 300,
      hysteresis: 0,
      heartbeat: 30_000,
      config_applied: null,
      blinking: false,
    };
    expect((await ask(url, "/api/devices")).body).toEqual([lesson]);
    const status = {
      online: true,
      led_on: true,
      decided_by: "device",
      board: "XIAO",
      firmware: "1.2.3",
      boot: 5,
      dropped: 3,
    };
    await device.publishAsync("b/status", JSON.stringify(status), { qos: 1, retain: true });
    const board = {
      ...lesson,
      id: "b",
      light: null,
      led_on: true,
      decided_by: "device",
      dropped: 3,
      reason: expect.any(String),
      label: "b",
      board: "XIAO",
      firmware: "1.2.3",
    };
    await eventually(() => running.devices.get("b")?.led_on, { what: "the board" });
    expect((await ask(url, "/api/devices")).body).toEqual([board, lesson]);
  });

  test.each(["/api/devices/nightlight/porch", "/api/devices/nightlight%2Fporch"])(
    "the API finds a device at %s",
    async (path) => {
      const { url } = await startWithDevice();
      expect(await ask(url, path)).toMatchObject({ status: 200, body: { id: "nightlight/porch" } });
    },
  );

  test("a device can have any allowed special character in its id", async () => {
    const id = "odd %2F ?&=\"'<>\\~/x";
    const { url } = await startWithDevice(id);
    expect((await ask(url, `/api/devices/${encodeURIComponent(id)}`)).body).toMatchObject({ id });
    expect((await putJson(url, `/api/devices/${encodeURIComponent(id)}/mode`, '{"mode":"on"}')).status).toBe(200);
    expect((await ask(url, `/api/recent?device=${encodeURIComponent(id)}`)).body).toMatchObject({
      points: [{ light: 512 }],
    });
  });

  test("an override keeps a lamp on until the mode is auto again, as <id>/set does", async () => {
    const { url, device } = await startWithDevice();
    const path = "/api/devices/nightlight/porch/mode";
    expect((await putJson(url, path, '{"mode":"on"}')).body).toMatchObject({ mode: "on", led_on: true });
    await device.publishAsync("nightlight/porch/set", '{"mode":"auto"}', { qos: 1 });
    await eventually(() => device.got.length === 3, { what: "both commands" });
    expect(device.got.map(({ text }) => text)).toEqual(['{"led_on":false}', '{"led_on":true}', '{"led_on":false}']);
    expect((await ask(url, "/api/devices/nightlight/porch")).body).toMatchObject({ mode: "auto", led_on: false });
  });

  test("an override with a duration ends by itself", async () => {
    const { url, device } = await startWithDevice();
    const path = "/api/devices/nightlight/porch";
    const before = Date.now();
    const { until } = (await putJson(url, `${path}/mode`, '{"mode":"on","for":1000}')).body as { until: string };
    // the server's clock, which never goes back, may differ from the system's a little
    expect(Date.parse(until)).toBeGreaterThanOrEqual(before + 900);
    expect(Date.parse(until)).toBeLessThanOrEqual(Date.now() + 1100);
    await eventually(() => device.got.length === 3, { what: "the override's end" });
    expect(device.got.map(({ text }) => text)).toEqual(['{"led_on":false}', '{"led_on":true}', '{"led_on":false}']);
    expect((await ask(url, path)).body).toMatchObject({ mode: "auto", until: null, led_on: false });
  });

  test("a forgotten device that sends again is a new device", async () => {
    const { url, device } = await startWithDevice();
    const path = "/api/devices/nightlight/porch";
    await putJson(url, `${path}/mode`, '{"mode":"on"}');
    // send readings first, so that the broker has assigned the connection to the device before it is forgotten
    for (const light of [400, 500])
      await device.publishAsync("nightlight/porch/telemetry", `{"light":${light}}`, { qos: 1 });
    expect(await ask(url, path, { method: "DELETE" })).toMatchObject({ status: 204, body: "" });
    expect((await ask(url, "/api/devices")).body).toEqual([]);
    // many clients send the header for JSON also without a body
    const headers = { "content-type": "application/json" };
    expect((await ask(url, path, { method: "DELETE", headers })).status).toBe(404);
    await device.publishAsync("nightlight/porch/telemetry", '{"light":600}', { qos: 1 });
    await eventually(async () => (await ask(url, path)).status === 200, { what: "the device to be known again" });
    expect((await ask(url, path)).body).toMatchObject({ light: 600, mode: "auto" });
    expect((await ask(url, "/api/recent?device=nightlight/porch")).body).toMatchObject({ points: [{ light: 600 }] });
  });

  test("the server is neither ready nor healthy without its broker", async () => {
    const broker = await startTestServer();
    const { httpUrl } = await startTestServer({ broker: broker.brokerUrl });
    expect(await ask(httpUrl!, "/readyz")).toMatchObject({ status: 200, body: { ok: true } });
    await broker.close();
    for (const path of ["/healthz", "/readyz"])
      await eventually(async () => (await ask(httpUrl!, path)).status === 503, { what: `${path} to say so` });
    expect((await ask(httpUrl!, "/readyz")).body).toEqual({ ok: false, error: expect.stringContaining("broker") });
  });

  test("/api/recent has the latest 600 readings of a device", async () => {
    const { url, running, device } = await startWithDevice();
    for (let n = 0; n < 650; n++) device.publish("nightlight/porch/telemetry", `{"light":${n}}`);
    await eventually(() => running.counters.received === 651, { what: "all readings" });
    const { points } = (await ask(url, "/api/recent?device=nightlight/porch")).body as { points: unknown[] };
    expect(points).toHaveLength(600);
    expect(points[0]).toEqual({ time: expect.any(Number), light: 50, led_on: true });
    expect(points[599]).toEqual({ time: expect.any(Number), light: 649, led_on: false });
  });

  test("the status has counters of messages", async () => {
    const { url, running, device } = await startWithDevice();
    await device.publishAsync("x/telemetry", "nonsense", { qos: 1 });
    await eventually(() => running.counters.rejected["not-json"], { what: "the rejection" });
    expect((await ask(url, "/api/status")).body).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime: expect.any(Number),
      broker: { url: running.brokerUrl, websocket: running.websocketUrl, embedded: true },
      contested_client_ids: [],
      received: 1,
      sent: 1,
      rejected: { "not-json": 1 },
      duplicates: 0,
      refused: 0,
      log_lines_lost: 0,
      damaged_files: 0,
      storage: { problem: null, failures: 0, readings_unacknowledged: 0 },
      devices: 1,
      simulator: false,
    });
  });
});

const HUGE_BODY = `"${"x".repeat(20_000)}"`;

/** A zone with the sensor `gate` and the lamp `path`. */
const GARDEN_POLICY: Policy = {
  ...LESSON_POLICY,
  zones: [
    {
      name: "garden",
      label: "Garden",
      sensors: ["gate"],
      lamps: ["path"],
      combine: "median",
      at_least: 1,
      rule: { ...LESSON_RULE, hysteresis: 50 },
      stale_after: DEFAULT_STALE_AFTER,
    },
  ],
};

describe("zones", () => {
  test("zones have the documented fields, and an override of one lasts until the next change", async () => {
    const { brokerUrl, httpUrl } = await startTestServer({ policy: GARDEN_POLICY });
    const url = httpUrl!;
    const lamp = await connectClient(brokerUrl, {}, "path/commands");
    for (const id of ["path", "gate"]) await lamp.publishAsync(`${id}/telemetry`, '{"light":190}', { qos: 1 });
    const { events } = await followEvents(url);
    await eventually(() => lamp.got.some(({ text }) => text === '{"led_on":true}'), { what: "the lamp to be on" });
    const garden = {
      name: "garden",
      label: "Garden",
      combine: "median",
      at_least: 1,
      sensors: [{ id: "gate", light: 190, stale: false }],
      lamps: ["path"],
      threshold: 300,
      hysteresis: 50,
      hours: null,
      light: 190,
      led_on: true,
      mode: "auto",
      until: null,
      reason: expect.stringContaining("190"),
    };
    expect((await ask(url, "/api/zones")).body).toEqual([garden]);
    expect((await ask(url, "/api/zones/garden")).body).toEqual(garden);
    const off = { ...garden, led_on: false, mode: "off", reason: expect.any(String) };
    expect((await putJson(url, "/api/zones/garden/mode", '{"mode":"off"}')).body).toEqual(off);
    await eventually(() => lamp.got.at(-1)?.text === '{"led_on":false}', { what: "the lamp to be off" });
    await eventually(() => events.findLast(({ event }) => event === "zone")?.data, { what: "the event" });
    expect(events[1]).toMatchObject({ event: "zones", data: [{ name: "garden" }] });
    await eventually(
      () => (events.findLast(({ event }) => event === "zone")!.data as { mode: string }).mode === "off",
      { what: "the event of the override" },
    );
    expect((await putJson(url, "/api/zones/garden/mode", '{"mode":"auto"}')).body).toEqual(garden);
  });
});

describe("an invalid request gets an error sentence and the right status", () => {
  test.each<[method: string, path: string, body: string | undefined, status: number, words: RegExp]>([
    ["GET", "/api/devices/ghost", undefined, 404, /no device "ghost"/],
    ["GET", "/api/recent", undefined, 400, /Name one device/],
    ["GET", "/api/recent?device=ghost", undefined, 404, /no device/i],
    ["GET", "/api/recent?device=a&device=b", undefined, 400, /Name one device/],
    ["GET", "/api/devices/%zz", undefined, 400, /./],
    ["GET", "/api/nothing?x=<script>", undefined, 404, /There is no GET \/api\/nothing here/],
    ["PUT", "/api/devices/ghost/mode", '{"mode":"on"}', 404, /no device "ghost"/],
    ["PUT", "/api/devices/nightlight/porch", '{"mode":"on"}', 404, /PUT works only for/],
    ["PUT", "/api/devices/nightlight/porch/mode", '{"mode":"dim"}', 400, /one of auto, on, off/],
    [
      "PUT",
      "/api/devices/nightlight/porch/mode",
      '{"mode":"on","for":999}',
      400,
      /"for" must be an integer from 1000 to/,
    ],
    ["PUT", "/api/devices/nightlight/porch/mode", "null", 400, /not a JSON object/],
    ["PUT", "/api/devices/nightlight/porch/mode", '"on"', 400, /not a JSON object/],
    ["PUT", "/api/devices/nightlight/porch/mode", "{", 400, /JSON/],
    ["PUT", "/api/devices/nightlight/porch/mode", HUGE_BODY, 413, /./],
    ["DELETE", "/api/devices/ghost", undefined, 404, /no device "ghost"/],
    ["DELETE", "/api/devices", undefined, 404, /There is no DELETE/],
    ["GET", "/api/zones/ghost", undefined, 404, /no zone "ghost"; GET \/api\/zones lists/],
    ["PUT", "/api/zones/ghost/mode", '{"mode":"on"}', 404, /no zone "ghost"/],
    ["PUT", "/api/devices/nightlight/porch/mode", '{"__proto__":{"mode":"on"}}', 400, /./],
  ])("%s %s %.40s", async (method, path, body, status, words) => {
    const { url, device } = await startWithDevice();
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await ask(url, path, { method, headers }, body);
    expect(answer.status).toBe(status);
    expect((answer.body as { error: string }).error).toMatch(words);
    expect(device.got).toHaveLength(1);
  });
});

describe("web pages of other sites", () => {
  test.each([
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "nightlight",
    "[::2]",
    "10.0.0.1",
    "",
  ])("DNS rebinding with the host name %j gets an error", async (host) => {
    const { httpUrl } = await startTestServer();
    const answer = await ask(httpUrl!, "/api/devices", { headers: { host }, setHost: false });
    expect([400, 403]).toContain(answer.status);
  });

  test.each(["localhost", "127.0.0.1:1234", "[::1]:80", "LOCALHOST:8080"])(
    "requests with the host name %s of the server succeed",
    async (host) => {
      const { httpUrl } = await startTestServer();
      expect((await ask(httpUrl!, "/api/devices", { headers: { host } })).status).toBe(200);
    },
  );

  test("another site's page cannot change anything, and the dashboard can", async () => {
    const { url, device } = await startWithDevice();
    const path = "/api/devices/nightlight/porch/mode";
    for (const origin of ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
      expect(await putJson(url, path, '{"mode":"on"}', { origin })).toMatchObject({
        status: 403,
        body: { error: `Pages of ${origin} may not change anything on this server.` },
      });
    expect(device.got).toHaveLength(1);
    expect((await putJson(url, path, '{"mode":"on"}', { origin: url })).status).toBe(200);
  });

  test("another site's page cannot open a WebSocket, and the dashboard can", async () => {
    const { websocketUrl, httpUrl } = await startTestServer();
    const openWebSocket = (url: string, options: WebSocket.ClientOptions): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, "mqtt", options);
        socket.on("open", () => {
          resolve("open");
          socket.terminate();
        });
        socket.on("unexpected-response", (_request, response) => resolve(String(response.statusCode)));
        socket.on("error", () => {});
      });
    expect(await openWebSocket(websocketUrl!, { origin: "http://evil.example" })).toBe("403");
    expect(await openWebSocket(websocketUrl!, { headers: { host: "evil.example" } })).toBe("403");
    expect(await openWebSocket(websocketUrl! + "x", {})).toBe("404");
    expect(await openWebSocket(websocketUrl!, { origin: httpUrl })).toBe("open");
    expect(await openWebSocket(websocketUrl!, {})).toBe("open");
  });
});

test("MQTT over WebSocket reaches the same broker as TCP", async () => {
  const { websocketUrl, brokerUrl } = await startTestServer();
  const device = await connectClient(websocketUrl!, {}, "porch/commands");
  const observer = await connectClient(brokerUrl, {}, "porch/telemetry");
  await device.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => device.got.length === 1 && observer.got.length === 1, { what: "both messages" });
  expect(device.got[0].text).toBe('{"led_on":true}');
});

describe("live events", () => {
  test("the stream begins with all devices and continues with each change", async () => {
    const { url, device } = await startWithDevice();
    const { events } = await followEvents(url);
    await eventually(() => events.length === 3, { what: "the devices, zones and alerts" });
    expect(events[0]).toMatchObject({ event: "devices", data: [{ id: "nightlight/porch", light: 512 }] });
    expect(events[1]).toEqual({ event: "zones", data: [] });
    expect(events[2]).toMatchObject({ event: "alerts" });
    await device.publishAsync("nightlight/porch/telemetry", '{"light":7}', { qos: 1 });
    await eventually(() => (events.at(-1)!.data as { light?: number }).light === 7, { what: "the reading" });
    expect(events.at(-1)).toMatchObject({ event: "device", data: { light: 7, led_on: true } });
    await putJson(url, "/api/devices/nightlight/porch/mode", '{"mode":"off"}');
    await eventually(() => (events.at(-1)!.data as { mode: string }).mode === "off", { what: "the override" });
    expect(events.at(-1)).toMatchObject({ event: "device", data: { led_on: false, mode: "off" } });
    await ask(url, "/api/devices/nightlight/porch", { method: "DELETE" });
    await eventually(() => events.at(-1)!.event === "forgotten", { what: "the end" });
    expect(events.at(-1)!.data).toEqual({ id: "nightlight/porch" });
  });

  test("a busy device causes at most 20 events a second, always with its newest reading", async () => {
    const { running, url } = await startWithDevice();
    const { events } = await followEvents(url);
    await eventually(() => events.length === 3, { what: "the beginning" });
    const from = performance.now();
    const sensor = await startTestBoard(running.brokerUrl, "quick");
    await Promise.all(Array.from({ length: 1000 }, (_, n) => sensor.read(n + 1)));
    await eventually(() => (events.at(-1)!.data as { light: number }).light === 1000, { what: "the newest reading" });
    const updates = events.filter(
      ({ event, data }) => event === "device" && (data as { id: string }).id === "quick",
    ).length;
    expect(updates).toBeGreaterThan(0);
    // the server sends events at least 50 ms apart, so the elapsed time limits their number
    expect((updates - 1) * 50).toBeLessThanOrEqual(performance.now() - from);
  });

  test("the server disconnects a slow reader, and other followers are not delayed", async () => {
    let publish: (name: string, data: unknown) => void = () => {};
    const plugin: Plugin = (_app, context) => {
      publish = (name, data) => context.publishEvent(name, data);
    };
    const { httpUrl } = await startTestServer({ plugins: [plugin] });
    const slow = await followEvents(httpUrl!);
    const quick = await followEvents(httpUrl!);
    slow.response.pause();
    const big = "x".repeat(200_000);
    const rounds = 100;
    for (let n = 0; n < rounds; n++) {
      publish("big", { n, big });
      await eventually(() => (quick.events.at(-1)?.data as { n?: number })?.n === n, { what: "the event" });
    }
    let closed = false;
    slow.response.on("close", () => (closed = true)).resume();
    await eventually(() => closed, { what: "the slow follower to find itself dropped" });
    expect(slow.events.length).toBeLessThan(rounds);
  });
});

test("a plug-in adds routes and events, which have the same security checks", async () => {
  const plugin: Plugin = (app, { publishEvent, devices, provide }) => {
    provide("simulator");
    app.put("/api/simulator/boards", () => {
      publishEvent("board", { hello: devices.size });
      return { ok: true };
    });
    app.get("/api/simulator/fault", () => {
      throw new Error("secret detail");
    });
  };
  const { httpUrl } = await startTestServer({ plugins: [plugin] });
  const { events } = await followEvents(httpUrl!);
  expect((await putJson(httpUrl!, "/api/simulator/boards", "{}")).body).toEqual({ ok: true });
  await eventually(() => events.some(({ event }) => event === "board"), { what: "the event" });
  expect((await ask(httpUrl!, "/api/status")).body).toMatchObject({ simulator: true });
  expect((await putJson(httpUrl!, "/api/simulator/boards", "{}", { origin: "http://evil.example" })).status).toBe(403);
  const fault = await ask(httpUrl!, "/api/simulator/fault");
  expect(fault.status).toBe(500);
  expect(JSON.stringify(fault.body)).not.toContain("secret");
});

test("the library emits an event for every message, command and device", async () => {
  const running: NightlightServer = await startTestServer();
  const messages: unknown[] = [];
  running.on("received", (id, channel, message) => messages.push(["received", id, channel, message]));
  running.on("sent", (id, message) => messages.push(["sent", id, message]));
  running.on("device", (device) => messages.push(["device", device.id, device.light]));
  const device = await connectClient(running.brokerUrl);
  await device.publishAsync("porch/telemetry", '{"light":1,"foreign":true}', { qos: 1 });
  await eventually(() => messages.length >= 3 && String(messages.at(-1)) === "device,porch,1", { what: "the events" });
  expect(messages[0]).toEqual(["received", "porch", "telemetry", { light: 1 }]);
  expect(messages).toContainEqual(["sent", "porch", { led_on: true }]);
  expect(messages.at(-1)).toEqual(["device", "porch", 1]);
});

test("the server closes at once, even with open connections", async () => {
  const running = await startTestServer();
  await connectClient(running.brokerUrl, { clean: false, clientId: "a" }, "#");
  await connectClient(running.websocketUrl!, {}, "#");
  const lazy = await connectClient(running.brokerUrl, {}, "#");
  lazy.stream.pause();
  await followEvents(running.httpUrl!);
  await running.close();
  await expect(ask(running.httpUrl!, "/healthz")).rejects.toThrow(/ECONNREFUSED/);
});
