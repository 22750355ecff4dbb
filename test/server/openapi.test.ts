/** Compares the OpenAPI document with the answers of a running server. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, DEFAULT_STALE_AFTER, type Policy } from "../../server/src/decisions/policy.js";
import { DEFAULT_OPTIONS } from "../../server/src/config/options.js";
import { eventually } from "../support/eventually.js";
import { follow, type Answer } from "./support/api.js";
import {
  description,
  DescribedApi,
  operations,
  problemOf,
  type DescribedRequest,
  type Operation,
} from "./support/described-api.js";
import { board } from "./support/board.js";
import { settingsServer } from "./support/settings.js";
import { HISTORY, client, leaveSession, server } from "./support/server.js";

const GARDEN: Policy = {
  ...LESSON_POLICY,
  zones: [
    {
      name: "garden",
      sensors: ["n/board", "n/silent"],
      lamps: ["n/lesson"],
      combine: "any",
      at_least: 1,
      rule: LESSON_RULE,
      stale_after: DEFAULT_STALE_AFTER,
    },
  ],
};

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(JSON.stringify(description)) as Record<string, unknown>)).toEqual({
    valid: true,
  });
  expect(validator.version).toBe("3.1");
});

test("every operation has a unique operationId", () => {
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

test("the document has exactly the routes of the server", async () => {
  const routes: string[] = [];
  const listen = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url }) => {
      for (const one of [method].flat()) if (one !== "HEAD") routes.push(`${one} ${url}`);
    });
  };
  subscribe("fastify.initialization", listen);
  onTestFinished(() => void unsubscribe("fastify.initialization", listen));
  await server();
  // leave out the dashboard's pages, which the document does not describe
  const served = routes.filter((route) => / \/(api\/|metrics$|healthz$|readyz$)/.test(route));
  const covers = (route: string, { method, path }: Operation): boolean => {
    const pattern = route.replace(/[.]/g, "\\.").replace(/:\w+/g, "[^/]+").replace("*", ".+");
    return new RegExp(`^${pattern}$`).test(`${method} ${path}`);
  };
  expect(served.filter((route) => !operations.some((operation) => covers(route, operation)))).toEqual([]);
  const missing = operations.filter((operation) => !served.some((route) => covers(route, operation)));
  expect(missing.map(({ operationId }) => operationId)).toEqual([]);
});

/** Answers that only a server with accounts gives; `login.test.ts` and others test them. */
const WITH_ACCOUNTS = /^\w+ 401$/;

describe("the server's answers match the document", () => {
  const api = new DescribedApi();
  let url = "";

  const check = (operationId: string, status: number, request: DescribedRequest = {}): Promise<Answer> =>
    api.check(url, operationId, status, request);

  const lesson = { path: { id: "n/lesson" } };
  const unknown = { path: { id: "n/ghost", name: "ghost", seq: "1" } };

  test("valid and invalid requests get the described answers", async () => {
    const running = await server({ policy: GARDEN, history: HISTORY });
    url = running.httpUrl!;
    const lamp = await client(running.brokerUrl, {}, "n/lesson/commands");
    await lamp.publishAsync("n/lesson/telemetry", '{"light":512}', { qos: 1 });
    await lamp.publishAsync("n/lesson/telemetry", "nonsense", { qos: 1 });
    const sensor = await board(running.brokerUrl, "n/board");
    const status = { online: true, led_on: false, decided_by: "server", board: "XIAO", firmware: "1.0.0", dropped: 2 };
    await sensor.client.publishAsync("n/board/status", JSON.stringify(status), { qos: 1, retain: true });
    await sensor.read(200);
    await eventually(() => running.devices.get("n/board")?.light === 200, { what: "the reading" });

    for (const operationId of [
      "getHealth",
      "getReadiness",
      "getStatus",
      "getNewBoard",
      "getSession",
      "listDevices",
      "listZones",
    ])
      await check(operationId, 200);
    expect((await check("getDescription", 200)).body).toMatchObject({ openapi: "3.1.0" });
    expect((await check("getMetrics", 200)).body).toContain("nightlight_build_info");
    await check("logIn", 200, { body: { name: "me", password: "secret" } });
    await check("logOut", 204);

    for (const id of ["n/lesson", "n/board"]) await check("getDevice", 200, { path: { id } });
    for (const body of [{ mode: "on" }, { mode: "off", for: 60_000 }, { mode: "auto" }])
      await check("setDeviceMode", 200, { ...lesson, body });
    const zone = { path: { name: "garden" } };
    await check("getZone", 200, zone);
    for (const body of [{ mode: "on", for: 60_000 }, { mode: "auto" }])
      await check("setZoneMode", 200, { ...zone, body });

    await leaveSession(running.brokerUrl, "old phone");
    expect((await check("listMqttSessions", 200)).body).toContainEqual(
      expect.objectContaining({ client_id: "old phone", account: null, connected: false }),
    );
    const session = { query: "?client_id=old%20phone" };
    await check("endMqttSession", 204, session);
    await check("endMqttSession", 404, session);
    await check("endMqttSession", 400);

    const query = "?device=n%2Flesson";
    await check("getRecent", 200, { query });
    await check("getHistory", 200, { query: `${query}&points=1&from=2026-01-01` });
    expect((await check("getHistory", 200, { query })).body).toMatchObject({ points: [{ last: 512 }] });
    expect((await check("exportHistory", 200, { query })).body).toMatch(/^time,light,led_on,by,reason\r\n.+,512,/);

    for (const operationId of ["getDevice", "getAction", "forgetDevice"]) await check(operationId, 404, unknown);
    for (const operationId of ["setDeviceMode", "setZoneMode"]) {
      await check(operationId, 404, { ...unknown, body: { mode: "on" } });
      await check(operationId, 400, { ...lesson, ...zone, path: { ...lesson.path, ...zone.path }, body: { mode: 1 } });
    }
    await check("getZone", 404, unknown);
    for (const operationId of ["getHistory", "exportHistory", "getRecent"]) {
      await check(operationId, 400);
      await check(operationId, 404, { query: "?device=ghost" });
    }
    await check("getHistory", 400, { query: `${query}&points=5001` });
    await check("exportHistory", 400, { query: `${query}&from=noon` });
  });

  test("changes of settings get the described answers", async () => {
    const { httpUrl, write } = await settingsServer("rule: {threshold: 200}\n");
    url = httpUrl;
    const values = { sensors: ["n/board"], lamps: ["n/board"] };
    const changes: [operationId: string, valid: object, invalid: object][] = [
      ["changeSettings", { rule: { threshold: 250 } }, { rule: { threshold: 5000 } }],
      ["putZone", values, {}],
      ["renameZone", { name: "park" }, { name: "no/name" }],
      ["putDevice", { label: "Porch" }, { label: 5 }],
    ];
    const any = { path: { name: "garden", id: "n/board" } };
    const overwrite = { "if-match": "*" };
    for (const [operationId, body, invalid] of changes) {
      await check(operationId, 428, { ...any, body });
      await check(operationId, 412, { ...any, body, headers: { "if-match": '"old"' } });
      await check(operationId, 400, { ...any, body: [], headers: overwrite });
      await check(operationId, 422, { ...any, body: invalid, headers: overwrite });
      await check(operationId, 200, { ...any, body, headers: overwrite });
    }
    await check("getSettings", 200);
    const park = { path: { name: "park", id: "n/board" } };
    await write("nonsense: 1\n");
    for (const [operationId, body] of changes) await check(operationId, 409, { ...park, body, headers: overwrite });
    for (const operationId of ["deleteZone", "deleteDeviceSettings"])
      await check(operationId, 409, { ...park, headers: overwrite });
    await write("zones: {park: {sensors: [a], lamps: [a]}}\ndevices: {n/board: {label: A}}\n");
    for (const operationId of ["deleteZone", "deleteDeviceSettings"]) {
      await check(operationId, 428, park);
      await check(operationId, 412, { ...park, headers: { "if-match": '"old"' } });
      await check(operationId, 200, { ...park, headers: overwrite });
      await check(operationId, 404, { ...park, headers: overwrite });
    }
    url = (await server()).httpUrl!;
    await check("getSettings", 200);
    for (const [operationId, body] of changes) await check(operationId, 404, { ...park, body, headers: overwrite });
  });

  test("every outcome of an action gets the described answer", async () => {
    const running = await server({ history: HISTORY });
    url = running.httpUrl!;
    const asked = { path: { id: "n/board" }, body: { action: "identify" } };
    await check("requestAction", 404, asked);
    const lamp = await client(running.brokerUrl);
    await lamp.publishAsync("n/board/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => running.devices.get("n/board"), { what: "the device" });
    await check("requestAction", 409, asked);
    const device = await board(running.brokerUrl, "n/board");
    await check("requestAction", 400, { ...asked, body: { action: "dance" } });
    await check("requestAction", 400, { ...asked, query: "?wait=long" });

    const report = { light: 3, led_on: true, uptime: 5, rejected: 0, connects: 1 };
    for (const fields of [
      { ok: true, ...report },
      { ok: false, error: "busy" },
    ]) {
      const { length } = device.commands;
      const answer = check("requestAction", 200, asked);
      await eventually(() => device.commands.length > length, { what: "the command" });
      const { seq } = JSON.parse(device.commands.at(-1)!.text) as { seq: number };
      await device.reply({ seq, ...fields });
      await answer;
      await check("getAction", 200, { path: { id: "n/board", seq: String(seq) } });
    }
    await check("requestAction", 504, { ...asked, body: { action: "identify", expires: 1 } });
    const { seq } = (await check("requestAction", 202, { ...asked, query: "?wait=0" })).body as { seq: number };
    await check("getAction", 200, { path: { id: "n/board", seq: String(seq) } });
    for (let more = 1; more < 8; more++) await check("requestAction", 202, { ...asked, query: "?wait=0" });
    await check("requestAction", 429, asked);
    await check("forgetDevice", 204, { path: { id: "n/board" } });
  });

  test("forbidden requests, oversized bodies and other media types get the described answers", async () => {
    url = (await server({ history: HISTORY })).httpUrl!;
    const path = { id: "x", name: "x", seq: "1" };
    for (const { operationId, requestBody } of operations) {
      await check(operationId, 403, { path, headers: { host: "evil.example" } });
      if (!requestBody) continue;
      await check(operationId, 413, { path, body: `"${"x".repeat(1_100_000)}"` });
      await check(operationId, 415, { path, body: "<xml/>", headers: { "content-type": "text/xml" } });
    }
  });

  test("requests without a broker get the described answers", async () => {
    const broker = await server();
    url = (await server({ broker: broker.brokerUrl })).httpUrl!;
    await check("listMqttSessions", 404);
    await broker.close();
    for (const operationId of ["getHealth", "getReadiness"])
      await eventually(() => check(operationId, 503), { what: "the link to be down" });
  });

  test("requests about alerts get the described answers, and their events have the described data", async () => {
    url = (await server()).httpUrl!;
    await check("testAlertChannels", 409);
    const running = await server({ alerts: { after: 1000, webhook: { url: "http://127.0.0.1:9/hook" } } });
    url = running.httpUrl!;
    const { events } = await follow(url);
    const sensor = await client(running.brokerUrl);
    await sensor.publishAsync("n/board/status", '{"online":false}', { qos: 1, retain: true });
    await eventually(() => events.some(({ event }) => event === "alert"), { what: 'the event "alert"' });
    for (const operationId of ["listAlerts", "listAlertChannels", "testAlertChannels"]) await check(operationId, 200);
    const { events: later } = await follow(url);
    await eventually(() => later.some(({ event }) => event === "alerts"), { what: 'the event "alerts"' });
    for (const { event, data } of [...events, ...later])
      expect(problemOf(["components", "schemas", "Events", "properties", event], data), event).toBe("");
  });

  test("events have the described data", async () => {
    const running = await server({ policy: GARDEN, history: HISTORY });
    url = running.httpUrl!;
    const { events, response } = await follow(url);
    expect(response.headers["content-type"]).toBe("text/event-stream");
    api.seen.add("followEvents 200");
    const sensor = await board(running.brokerUrl, "n/board");
    await sensor.read(100);
    const names = (): Set<string> => new Set(events.map(({ event }) => event));
    await eventually(() => names().has("device") && names().has("zone"), { what: "the events" });
    await check("forgetDevice", 204, { path: { id: "n/board" } });
    await eventually(() => names().has("forgotten"), { what: 'the event "forgotten"' });
    const settings = await settingsServer("");
    const changes = await follow(settings.httpUrl);
    await settings.patch({ rule: { threshold: 250 } });
    await eventually(() => changes.events.some(({ event }) => event === "settings"), { what: 'the event "settings"' });
    for (const { event, data } of [...events, ...changes.events])
      expect(problemOf(["components", "schemas", "Events", "properties", event], data), event).toBe("");
    expect([...names()].sort()).toEqual(["alerts", "device", "devices", "forgotten", "zone", "zones"]);

    for (let streams = 1; streams < DEFAULT_OPTIONS.limits.eventStreams; streams++) await follow(url);
    await check("followEvents", 429);
  });

  test("the tests cover every described answer", () => {
    const open = api.unseen(({ tags }) => !tags.includes("accounts"));
    expect(open.filter((answer) => !WITH_ACCOUNTS.test(answer))).toEqual([]);
  });
});
