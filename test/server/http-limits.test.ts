/** Tests the limits of HTTP requests and event streams for each account and address. */
import http, { type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Plugin } from "../../server/src/index.js";
import { DEFAULT_OPTIONS } from "../../server/src/config/options.js";
import { eventually } from "../support/eventually.js";
import { connectClient } from "./support/server.js";
import { loginOf, startBrokerWithAccounts } from "./support/guarded.js";
import { ask, startHttpApp, TestAccounts } from "./support/http-app.js";

const STREAM_LIMIT = 3;

/** Creates an administrator and four readers, who try to use all available connections. */
const createAccounts = () =>
  new TestAccounts(
    ["ann", "admin"],
    ...["rob", "ron", "roy", "ray"].map((name) => [name, "reader"] as [string, "reader"]),
  );
const createTokenAuth = (name: string) => ({ authorization: `Bearer ${name}-token` });

interface EventStream {
  readonly status: number;
  readonly ended: boolean;
}

/** Opens an event stream, which is closed after the test. */
async function openEventStream(url: string, headers: http.OutgoingHttpHeaders): Promise<EventStream> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    http.get(`${url}/api/events`, { agent: false, headers }, resolve).on("error", reject);
  });
  const stream = { status: response.statusCode!, ended: false };
  response.resume().on("error", () => {});
  response.on("close", () => (stream.ended = true));
  onTestFinished(() => void response.destroy());
  return stream;
}

async function startLimitedApp(
  limits: Partial<typeof DEFAULT_OPTIONS.limits>,
  options: Parameters<typeof startHttpApp>[0] = {},
) {
  const refusals: [client: string, problem: string][] = [];
  const onRefused = (...refusal: [string, string]) => void refusals.push(refusal);
  const made = await startHttpApp({
    accounts: createAccounts(),
    limits: { ...DEFAULT_OPTIONS.limits, ...limits },
    onRefused,
    ...options,
  });
  return { ...made, refusals };
}

describe("event streams", () => {
  test("the server refuses one stream too many of an account with the reason, and accepts those of others", async () => {
    const { url, refusals } = await startLimitedApp({ eventStreams: STREAM_LIMIT });
    for (let n = 0; n < STREAM_LIMIT; n++)
      expect((await openEventStream(url, createTokenAuth("rob"))).status).toBe(200);
    const { status, json, headers } = await ask(url, "/api/events", { headers: createTokenAuth("rob") });
    expect([status, headers["retry-after"]]).toEqual([429, "10"]);
    expect(json.error).toBe(
      "3 streams of live events are already open for the account rob, the limit for one client; close a page or program that you do not need.",
    );
    expect(refusals).toEqual([["the account rob", json.error]]);
    expect((await openEventStream(url, createTokenAuth("ann"))).status).toBe(200);
  });

  test("an account can open another stream when one ends", async () => {
    const { url, events } = await startLimitedApp({ eventStreams: 1 });
    const request = http.get(`${url}/api/events`, { agent: false, headers: createTokenAuth("rob") });
    await eventually(() => events.size === 1, { what: "the stream" });
    request.on("error", () => {}).destroy();
    await eventually(async () => (await openEventStream(url, createTokenAuth("rob"))).status === 200, { what: "room" });
  });

  test("when all streams are in use, the account with the most loses its newest one to a new client", async () => {
    const { url, events } = await startLimitedApp({ eventStreams: STREAM_LIMIT });
    const streams: Record<string, EventStream[]> = {};
    for (const name of ["rob", "ron", "roy", "ray"])
      for (let n = 0; n < STREAM_LIMIT; n++)
        (streams[name] ??= []).push(await openEventStream(url, createTokenAuth(name)));
    const admin = await openEventStream(url, createTokenAuth("ann"));
    expect([admin.status, events.size]).toEqual([200, 4 * STREAM_LIMIT]);
    await eventually(() => streams.rob[2].ended, { what: "a stream to end" });
    const others = Object.values(streams)
      .flat()
      .filter((stream) => stream !== streams.rob[2]);
    expect(others.every(({ ended }) => !ended)).toBe(true);
    // the server closes no stream of an account for another account that has as many streams
    expect((await ask(url, "/api/events", { headers: createTokenAuth("rob") })).status).toBe(429);
    expect(admin.ended).toBe(false);
  });

  test("without accounts, streams are limited by address, also behind a proxy on this machine", async () => {
    const { url } = await startLimitedApp({ eventStreams: 1 }, { accounts: new TestAccounts() });
    const openStreamFrom = (address: string) => openEventStream(url, { "x-forwarded-for": address });
    expect((await openStreamFrom("192.0.2.1")).status).toBe(200);
    expect((await openStreamFrom("192.0.2.1")).status).toBe(429);
    expect((await openStreamFrom("192.0.2.2")).status).toBe(200);
    // both IPv6 addresses share one limit, because one host can use all addresses of its network
    expect((await openStreamFrom("2001:db8::1")).status).toBe(200);
    expect((await openStreamFrom("2001:db8::2")).status).toBe(429);
  });
});

test("simultaneous requests of one account are limited, and those of others succeed", async () => {
  const stuck: Plugin = (fastify) => void fastify.get("/api/slow", (_request, reply) => void reply.hijack());
  const { url, refusals } = await startLimitedApp({ requests: STREAM_LIMIT }, { plugins: [stuck] });
  const slow = Array.from({ length: STREAM_LIMIT }, () => {
    const request = http
      .get(`${url}/api/slow`, { agent: false, headers: createTokenAuth("rob") })
      .on("error", () => {});
    onTestFinished(() => void request.destroy());
    return request;
  });
  const requestDevices = (name: string) => ask(url, "/api/devices", { headers: createTokenAuth(name) });
  await eventually(async () => (await requestDevices("rob")).status === 429, { what: "a refusal" });
  expect((await requestDevices("rob")).json.error).toMatch(
    /^The server is already answering 3 requests of the account rob/,
  );
  expect(refusals[0][0]).toBe("the account rob");
  expect((await requestDevices("ann")).status).toBe(200);
  // the limit of requests does not apply to the public session route, which the login page needs
  expect((await ask(url, "/api/session")).status).toBe(200);
  slow[0].destroy();
  await eventually(async () => (await requestDevices("rob")).status === 200, { what: "room" });
});

test("a reader's account gets at most half of all MQTT connections, so an administrator can connect", async () => {
  const { url, rejected } = await startBrokerWithAccounts(
    { ann: "admin", rob: "reader" },
    { limits: { connections: 4 } },
  );
  for (let n = 0; n < 2; n++) await connectClient(url, { ...loginOf("rob"), clientId: `r${n}` });
  await expect(connectClient(url, { ...loginOf("rob"), clientId: "r2" })).rejects.toThrow();
  expect(rejected.map(([reason, , problem]) => [reason, problem])).toEqual([
    ["over-limit", "its account has 2 connections already"],
  ]);
  // a client may replace its own connection, although its account has reached the limit
  const again = await connectClient(url, { ...loginOf("rob"), clientId: "r1" });
  await connectClient(url, loginOf("ann"));
  await again.endAsync();
  await eventually(() => connectClient(url, { ...loginOf("rob"), clientId: "r3" }), {
    what: "room for another",
    every: 50,
  });
});
