/** Compares the OpenAPI document with the answers of a running server. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, DEFAULT_STALE_AFTER, type Policy } from "../../server/src/decisions/policy.js";
import { DEFAULT_OPTIONS } from "../../server/src/config/options.js";
import { eventually } from "../support/eventually.js";
import { followEvents, type Answer } from "./support/api.js";
import {
  apiDescription,
  DescribedApi,
  operations,
  findSchemaProblem,
  type DescribedRequest,
  type Operation,
} from "./support/described-api.js";
import { startTestBoard } from "./support/board.js";
import { startSettingsServer } from "./support/settings.js";
import { UNLIMITED_HISTORY, connectClient, createOfflineSession, startTestServer } from "./support/server.js";

const GARDEN_POLICY: Policy = {
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
  expect(await validator.validate(JSON.parse(JSON.stringify(apiDescription)) as Record<string, unknown>)).toEqual({
    valid: true,
  });
  expect(validator.version).toBe("3.1");
});

test("every operation has a unique operationId", () => {
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

test("the document has exactly the routes of the server", async () => {
  const routes: string[] = [];
  const recordRoutes = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url }) => {
      for (const one of [method].flat()) if (one !== "HEAD") routes.push(`${one} ${url}`);
    });
  };
  subscribe("fastify.initialization", recordRoutes);
  onTestFinished(() => void unsubscribe("fastify.initialization", recordRoutes));
  await startTestServer();
  // leave out the dashboard's pages, which the document does not describe
  const served = routes.filter((route) => / \/(api\/|metrics$|healthz$|readyz$)/.test(route));
  const isDescribedBy = (route: string, { method, path }: Operation): boolean => {
    const pattern = route.replace(/[.]/g, "\\.").replace(/:\w+/g, "[^/]+").replace("*", ".+");
    return new RegExp(`^${pattern}$`).test(`${method} ${path}`);
  };
  expect(served.filter((route) => !operations.some((operation) => isDescribedBy(route, operation)))).toEqual([]);
  const missing = operations.filter((operation) => !served.some((route) => isDescribedBy(route, operation)));
  expect(missing.map(({ operationId }) => operationId)).toEqual([]);
});

/** Answers that only a server with accounts gives; other files such as `login.test.ts` test them. */
const ONLY_WITH_ACCOUNTS = /^\w+ 401$/;

describe("the server's answers match the document", () => {
  const api = new DescribedApi();
  let url = "";

  const checkAnswer = (operationId: string, status: number, request: DescribedRequest = {}): Promise<Answer> =>
    api.checkAnswer(url, operationId, status, request);

  const lesson = { path: { id: "n/lesson" } };
  const unknown = { path: { id: "n/ghost", name: "ghost", seq: "1" } };

  test("valid and invalid requests get the described answers", async () => {
    const running = await startTestServer({ policy: GARDEN_POLICY, history: UNLIMITED_HISTORY });
    url = running.httpUrl!;
    const lamp = await connectClient(running.brokerUrl, {}, "n/lesson/commands");
    await lamp.publishAsync("n/lesson/telemetry", '{"light":512}', { qos: 1 });
    await lamp.publishAsync("n/lesson/telemetry", "nonsense", { qos: 1 });
    const sensor = await startTestBoard(running.brokerUrl, "n/board");
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
      await checkAnswer(operationId, 200);
    expect((await checkAnswer("getDescription", 200)).body).toMatchObject({ openapi: "3.1.0" });
    expect((await checkAnswer("getMetrics", 200)).body).toContain("nightlight_build_info");
    await checkAnswer("logIn", 200, { body: { name: "me", password: "secret" } });
    await checkAnswer("logOut", 204);

    for (const id of ["n/lesson", "n/board"]) await checkAnswer("getDevice", 200, { path: { id } });
    for (const body of [{ mode: "on" }, { mode: "off", for: 60_000 }, { mode: "auto" }])
      await checkAnswer("setDeviceMode", 200, { ...lesson, body });
    const zone = { path: { name: "garden" } };
    await checkAnswer("getZone", 200, zone);
    for (const body of [{ mode: "on", for: 60_000 }, { mode: "auto" }])
      await checkAnswer("setZoneMode", 200, { ...zone, body });

    expect((await checkAnswer("listRejections", 200)).body).toMatchObject([
      { reason: "not-json", topic: "n/lesson/telemetry" },
    ]);
    await createOfflineSession(running.brokerUrl, "old phone");
    expect((await checkAnswer("listMqttSessions", 200)).body).toContainEqual(
      expect.objectContaining({ client_id: "old phone", account: null, connected: false }),
    );
    const session = { query: "?client_id=old%20phone" };
    await checkAnswer("endMqttSession", 204, session);
    await checkAnswer("endMqttSession", 404, session);
    await checkAnswer("endMqttSession", 400);

    const query = "?device=n%2Flesson";
    await checkAnswer("getRecent", 200, { query });
    await checkAnswer("getHistory", 200, { query: `${query}&points=1&from=2026-01-01` });
    expect((await checkAnswer("getHistory", 200, { query })).body).toMatchObject({ points: [{ last: 512 }] });
    expect((await checkAnswer("exportHistory", 200, { query })).body).toMatch(
      /^time,light,led_on,by,reason\r\n.+,512,/,
    );

    for (const operationId of ["getDevice", "getAction", "forgetDevice"]) await checkAnswer(operationId, 404, unknown);
    for (const operationId of ["setDeviceMode", "setZoneMode"]) {
      await checkAnswer(operationId, 404, { ...unknown, body: { mode: "on" } });
      await checkAnswer(operationId, 400, {
        ...lesson,
        ...zone,
        path: { ...lesson.path, ...zone.path },
        body: { mode: 1 },
      });
    }
    await checkAnswer("getZone", 404, unknown);
    for (const operationId of ["getHistory", "exportHistory", "getRecent"]) {
      await checkAnswer(operationId, 400);
      await checkAnswer(operationId, 404, { query: "?device=ghost" });
    }
    await checkAnswer("getHistory", 400, { query: `${query}&points=5001` });
    await checkAnswer("exportHistory", 400, { query: `${query}&from=noon` });
  });

  test("changes of settings get the described answers", async () => {
    const { httpUrl, write } = await startSettingsServer("rule: {threshold: 200}\n");
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
      await checkAnswer(operationId, 428, { ...any, body });
      await checkAnswer(operationId, 412, { ...any, body, headers: { "if-match": '"old"' } });
      await checkAnswer(operationId, 400, { ...any, body: [], headers: overwrite });
      await checkAnswer(operationId, 422, { ...any, body: invalid, headers: overwrite });
      await checkAnswer(operationId, 200, { ...any, body, headers: overwrite });
    }
    await checkAnswer("getSettings", 200);
    const park = { path: { name: "park", id: "n/board" } };
    await write("nonsense: 1\n");
    for (const [operationId, body] of changes)
      await checkAnswer(operationId, 409, { ...park, body, headers: overwrite });
    for (const operationId of ["deleteZone", "deleteDeviceSettings"])
      await checkAnswer(operationId, 409, { ...park, headers: overwrite });
    await write("zones: {park: {sensors: [a], lamps: [a]}}\ndevices: {n/board: {label: A}}\n");
    for (const operationId of ["deleteZone", "deleteDeviceSettings"]) {
      await checkAnswer(operationId, 428, park);
      await checkAnswer(operationId, 412, { ...park, headers: { "if-match": '"old"' } });
      await checkAnswer(operationId, 200, { ...park, headers: overwrite });
      await checkAnswer(operationId, 404, { ...park, headers: overwrite });
    }
    url = (await startTestServer()).httpUrl!;
    await checkAnswer("getSettings", 200);
    for (const [operationId, body] of changes)
      await checkAnswer(operationId, 404, { ...park, body, headers: overwrite });
  });

  test("every outcome of an action gets the described answer", async () => {
    const running = await startTestServer({ history: UNLIMITED_HISTORY });
    url = running.httpUrl!;
    const asked = { path: { id: "n/board" }, body: { action: "identify" } };
    await checkAnswer("requestAction", 404, asked);
    const lamp = await connectClient(running.brokerUrl);
    await lamp.publishAsync("n/board/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => running.devices.get("n/board"), { what: "the device" });
    await checkAnswer("requestAction", 409, asked);
    const device = await startTestBoard(running.brokerUrl, "n/board");
    await checkAnswer("requestAction", 400, { ...asked, body: { action: "dance" } });
    await checkAnswer("requestAction", 400, { ...asked, query: "?wait=long" });

    const report = { light: 3, led_on: true, uptime: 5, rejected: 0, connects: 1 };
    for (const fields of [
      { ok: true, ...report },
      { ok: false, error: "busy" },
    ]) {
      const { length } = device.commands;
      const answer = checkAnswer("requestAction", 200, asked);
      await eventually(() => device.commands.length > length, { what: "the command" });
      const { seq } = JSON.parse(device.commands.at(-1)!.text) as { seq: number };
      await device.reply({ seq, ...fields });
      await answer;
      await checkAnswer("getAction", 200, { path: { id: "n/board", seq: String(seq) } });
    }
    await checkAnswer("requestAction", 504, { ...asked, body: { action: "identify", expires: 1 } });
    const { seq } = (await checkAnswer("requestAction", 202, { ...asked, query: "?wait=0" })).body as { seq: number };
    await checkAnswer("getAction", 200, { path: { id: "n/board", seq: String(seq) } });
    for (let more = 1; more < 8; more++) await checkAnswer("requestAction", 202, { ...asked, query: "?wait=0" });
    await checkAnswer("requestAction", 429, asked);
    await checkAnswer("forgetDevice", 204, { path: { id: "n/board" } });
  });

  test("forbidden requests, oversized bodies and other media types get the described answers", async () => {
    url = (await startTestServer({ history: UNLIMITED_HISTORY })).httpUrl!;
    const path = { id: "x", name: "x", seq: "1" };
    for (const { operationId, requestBody } of operations) {
      await checkAnswer(operationId, 403, { path, headers: { host: "evil.example" } });
      if (!requestBody) continue;
      await checkAnswer(operationId, 413, { path, body: `"${"x".repeat(1_100_000)}"` });
      await checkAnswer(operationId, 415, { path, body: "<xml/>", headers: { "content-type": "text/xml" } });
    }
  });

  test("requests without a broker get the described answers", async () => {
    const broker = await startTestServer();
    url = (await startTestServer({ broker: broker.brokerUrl })).httpUrl!;
    await checkAnswer("listMqttSessions", 404);
    await broker.close();
    for (const operationId of ["getHealth", "getReadiness"])
      await eventually(() => checkAnswer(operationId, 503), { what: "the link to be down" });
  });

  test("requests about alerts get the described answers, and their events have the described data", async () => {
    url = (await startTestServer()).httpUrl!;
    await checkAnswer("testAlertChannels", 409);
    const running = await startTestServer({ alerts: { after: 1000, webhook: { url: "http://127.0.0.1:9/hook" } } });
    url = running.httpUrl!;
    const { events } = await followEvents(url);
    const sensor = await connectClient(running.brokerUrl);
    await sensor.publishAsync("n/board/status", '{"online":false}', { qos: 1, retain: true });
    await eventually(() => events.some(({ event }) => event === "alert"), { what: 'the event "alert"' });
    for (const operationId of ["listAlerts", "listAlertChannels", "testAlertChannels"])
      await checkAnswer(operationId, 200);
    const { events: later } = await followEvents(url);
    await eventually(() => later.some(({ event }) => event === "alerts"), { what: 'the event "alerts"' });
    for (const { event, data } of [...events, ...later])
      expect(findSchemaProblem(["components", "schemas", "Events", "properties", event], data), event).toBe("");
  });

  test("events have the described data", async () => {
    const running = await startTestServer({ policy: GARDEN_POLICY, history: UNLIMITED_HISTORY });
    url = running.httpUrl!;
    const { events, response } = await followEvents(url);
    expect(response.headers["content-type"]).toBe("text/event-stream");
    api.seen.add("followEvents 200");
    const sensor = await startTestBoard(running.brokerUrl, "n/board");
    await sensor.read(100);
    const listEventNames = (): Set<string> => new Set(events.map(({ event }) => event));
    await eventually(() => listEventNames().has("device") && listEventNames().has("zone"), { what: "the events" });
    await checkAnswer("forgetDevice", 204, { path: { id: "n/board" } });
    await eventually(() => listEventNames().has("forgotten"), { what: 'the event "forgotten"' });
    const settings = await startSettingsServer("");
    const changes = await followEvents(settings.httpUrl);
    await settings.patch({ rule: { threshold: 250 } });
    await eventually(() => changes.events.some(({ event }) => event === "settings"), { what: 'the event "settings"' });
    for (const { event, data } of [...events, ...changes.events])
      expect(findSchemaProblem(["components", "schemas", "Events", "properties", event], data), event).toBe("");
    expect([...listEventNames()].sort()).toEqual(["alerts", "device", "devices", "forgotten", "zone", "zones"]);

    for (let streams = 1; streams < DEFAULT_OPTIONS.limits.eventStreams; streams++) await followEvents(url);
    await checkAnswer("followEvents", 429);
  });

  test("the tests cover every described answer", () => {
    // other files test the routes with these tags
    const elsewhere = ["accounts", "updates", "flashing"];
    const open = api.listUnseenAnswers(({ tags }) => !tags.some((tag) => elsewhere.includes(tag)));
    expect(open.filter((answer) => !ONLY_WITH_ACCOUNTS.test(answer))).toEqual([]);
  });
});
