import http from "node:http";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Plugin } from "../../server/src/http/plugin.js";
import {
  IDLE_TIMEOUT,
  MAX_LIFETIME,
  MAX_SESSIONS_PER_USER,
  LoginSessions,
} from "../../server/src/security/login-sessions.js";
import { eventually } from "../support/eventually.js";
import { ask, startHttpApp, logIn, TestAccounts, createTestLog, createThreeAccounts } from "./support/http-app.js";

const MODE_PATH = "/api/devices/nightlight/porch/mode";
const SET_MODE_ON = { method: "PUT", body: { mode: "on" } };

const createBasicAuth = (name: string, password = `${name} password`): http.OutgoingHttpHeaders => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});
const createBearerAuth = (token: string): http.OutgoingHttpHeaders => ({ authorization: `Bearer ${token}` });

/** Adds two routes like those of the simulator: one that reads data and one that changes data. */
const simulatorPlugin: Plugin = (app) => {
  app.get("/api/simulator/boards", () => []);
  app.put("/api/simulator/boards", () => ({ ok: true }));
};

describe("a server without accounts", () => {
  test("everybody on this machine may read and change everything without a login", async () => {
    const { url, modes } = await startHttpApp();
    expect((await ask(url, "/api/devices")).status).toBe(200);
    expect((await ask(url, "/")).text).toContain("Nightlight");
    expect((await ask(url, MODE_PATH, SET_MODE_ON)).status).toBe(200);
    expect(modes).toEqual(["on"]);
    expect((await ask(url, "/api/session")).json).toEqual({ name: null, role: null, required: false });
    const login = await ask(url, "/api/login", { method: "POST", body: { name: "ann", password: "x" } });
    expect(login).toMatchObject({ status: 200, json: { required: false } });
    expect(login.headers["set-cookie"]).toBeUndefined();
  });

  test("removal of the last account gives nobody access", async () => {
    const accounts = createThreeAccounts();
    const { url } = await startHttpApp({ accounts });
    expect((await ask(url, "/api/devices", { headers: createBearerAuth("ann-token") })).status).toBe(200);
    for (const name of ["ann", "rob", "porch"]) accounts.remove(name);
    expect((await ask(url, "/api/devices", { headers: createBearerAuth("ann-token") })).status).toBe(401);
    expect((await ask(url, "/api/devices")).status).toBe(401);
    expect((await ask(url, "/api/session")).json).toMatchObject({ required: true });
  });

  test("the first account ends access without an account at once", async () => {
    const accounts = new TestAccounts();
    const { url } = await startHttpApp({ accounts });
    expect((await ask(url, "/api/devices")).status).toBe(200);
    accounts.set("ann", "admin", "secret");
    expect((await ask(url, "/api/devices")).status).toBe(401);
  });
});

describe("a server with accounts", () => {
  const routes: [method: string, path: string, admin: number, reader: number][] = [
    ["GET", "/api/devices", 200, 200],
    ["HEAD", "/api/devices", 200, 200],
    ["GET", "/api/devices/nightlight/porch", 200, 200],
    ["PUT", MODE_PATH, 200, 403],
    ["GET", "/api/status", 200, 200],
    ["GET", "/", 200, 200],
    ["GET", "/app.js", 200, 200],
    ["GET", "/index.html", 200, 200],
    ["GET", "/api/simulator/boards", 200, 200],
    ["PUT", "/api/simulator/boards", 200, 403],
    ["GET", "/nothing", 404, 404],
    ["PUT", "/nothing", 404, 403],
    ["DELETE", "/api/devices", 404, 403],
    ["OPTIONS", "/api/devices", 404, 403],
  ];

  test.each(routes)("%s %s", async (method, path, admin, reader) => {
    const { url, modes } = await startHttpApp({ accounts: createThreeAccounts(), plugins: [simulatorPlugin] });
    const body = method === "PUT" ? { mode: "on" } : undefined;
    const statusOf = async (headers: http.OutgoingHttpHeaders) =>
      (await ask(url, path, { method, body, headers })).status;
    const page = path === "/" || path === "/index.html";
    for (const headers of [
      {},
      createBearerAuth("eve-token"),
      createBearerAuth(""),
      createBasicAuth("ann", "guess"),
      { authorization: "ann" },
    ])
      expect(await statusOf(headers), JSON.stringify(headers)).toBe(page ? 302 : 401);
    expect(await statusOf({ cookie: "nightlight=x; __Host-nightlight=x; __proto__=x" })).toBe(page ? 302 : 401);
    expect(await statusOf(createBearerAuth("porch-token"))).toBe(403);
    expect(await statusOf(createBasicAuth("porch"))).toBe(403);
    expect(modes).toEqual([]);
    for (const headers of [createBearerAuth("rob-token"), createBasicAuth("rob"), { cookie: await logIn(url, "rob") }])
      expect(await statusOf(headers)).toBe(reader);
    for (const headers of [createBearerAuth("ann-token"), createBasicAuth("ann"), { cookie: await logIn(url, "ann") }])
      expect(await statusOf(headers)).toBe(admin);
  });

  test.each(["/healthz", "/login", "/login.html", "/login.js", "/login.css", "/icon.svg", "/api/session"])(
    "anybody may have %s",
    async (path) => {
      const { url } = await startHttpApp({ accounts: createThreeAccounts() });
      expect((await ask(url, path)).status).toBe(200);
    },
  );

  test("an API client gets an error that explains how to log in, and a browser is redirected to the login page", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const answer = await ask(url, "/api/devices");
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer\b/);
    expect(answer.json.error).toMatch(/Log in first/);
    const page = await ask(url, "/?x=1");
    expect(page).toMatchObject({ status: 302, headers: { location: "login" } });
  });

  test("other spellings of a path do not bypass authorization", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const paths = [
      "/login/../api/devices",
      "/login/..%2fapi/devices",
      "/login%2f..%2fapi%2fdevices",
      "/login.js/../app.js",
      "/healthz/../api/devices",
      "/healthz%00/api/devices",
      "//api/devices",
      "/./api/devices",
      "/api/./devices",
      "/api//devices",
      "/api/devices/",
      "/api/devices/%2e%2e/%2e%2e/login",
      "/API/devices",
      "/%61pi/devices",
      "/api%2fdevices",
      "/api/devices;/login",
      "/api/devices?/login",
      "/api/devices#/login",
      "/..%2f..%2fpackage.json",
      "/%2e%2e/%2e%2e/package.json",
      "/..%5c..%5cpackage.json",
      "/login.js%00.html",
      "/api/devices\\..\\login",
    ];
    for (const path of paths) {
      const { status, text } = await ask(url, path);
      expect([400, 401, 404], path).toContain(status);
      expect(text, path).not.toMatch(/nightlight\/porch|dependencies|<html/);
    }
    const absolute = await ask(url, "http://127.0.0.1/login/../api/devices");
    expect([400, 401, 404]).toContain(absolute.status);
  });

  test("no header changes the method, the path or the address that authorization uses", async () => {
    const { url, modes } = await startHttpApp({ accounts: createThreeAccounts() });
    const headers = {
      ...createBearerAuth("rob-token"),
      "x-http-method-override": "GET",
      "x-method-override": "GET",
      "x-original-url": "/login",
      "x-rewrite-url": "/login",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-user": "ann",
      "x-forwarded-host": "localhost",
    };
    expect((await ask(url, MODE_PATH, { ...SET_MODE_ON, headers })).status).toBe(403);
    expect((await ask(url, MODE_PATH, { ...SET_MODE_ON, headers: { ...headers, authorization: "" } })).status).toBe(
      401,
    );
    expect(modes).toEqual([]);
  });
});

describe("live events", () => {
  afterEach(() => void vi.useRealTimers());

  /** Opens an event stream with these headers. The function `ended` returns whether the stream has ended. */
  async function openEventStream(url: string, headers: http.OutgoingHttpHeaders) {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get(url + "/api/events", { agent: false, headers }, resolve).on("error", reject);
    });
    onTestFinished(() => void response.destroy());
    let ended = false;
    response.on("error", () => {}).on("close", () => (ended = true));
    response.resume();
    return { status: response.statusCode, headers: response.headers, ended: () => ended };
  }

  test.each<[why: string, end: (accounts: TestAccounts, url: string, cookie: string) => unknown]>([
    ["logs out", (_, url, cookie) => ask(url, "/api/logout", { method: "POST", headers: { cookie } })],
    ["is removed", (accounts) => accounts.remove("rob")],
    ["gets another password", (accounts) => accounts.set("rob", "reader", "another")],
    ["gets another role", (accounts) => accounts.set("rob", "device", "rob password")],
  ])("end within 30 s when their reader %s, and go on for the others", async (_why, end) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const accounts = createThreeAccounts();
    const { url } = await startHttpApp({ accounts });
    const cookie = await logIn(url, "rob");
    const other = await openEventStream(url, { cookie: await logIn(url, "ann") });
    const events = await openEventStream(url, { cookie });
    expect(events.status).toBe(200);
    vi.advanceTimersByTime(30_000);
    expect((await ask(url, "/api/devices", { headers: { cookie } })).status).toBe(200);
    expect(events.ended()).toBe(false);
    await end(accounts, url, cookie);
    vi.advanceTimersByTime(30_000);
    await eventually(events.ended, { what: "the events to end" });
    expect(other.ended()).toBe(false);
  });

  test("streams opened without an account end when accounts are created", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const accounts = new TestAccounts();
    const { url } = await startHttpApp({ accounts });
    const events = await openEventStream(url, {});
    accounts.set("ann", "admin", "secret");
    vi.advanceTimersByTime(30_000);
    await eventually(events.ended, { what: "the events to end" });
  });

  test("event streams have the same security headers as other answers", async () => {
    const { url } = await startHttpApp();
    const { headers } = await openEventStream(url, {});
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers).toMatchObject({
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    });
  });
});

describe("a session", () => {
  function createSessions() {
    const clock = { time: 0 };
    const accounts = createThreeAccounts();
    const now = { now: () => clock.time, toWall: (time: number) => time, fromWall: (time: number) => time };
    const made = new LoginSessions(accounts, { clock: now });
    return { clock, accounts, sessions: made, begin: (name: string) => made.create(accounts.findByName(name)!) };
  }

  test("a session ends after 12 h without use", () => {
    const { clock, sessions: all, begin } = createSessions();
    const id = begin("ann");
    for (let n = 0; n < 3; n++) {
      clock.time += IDLE_TIMEOUT - 1;
      expect(all.touch(id)?.name).toBe("ann");
    }
    clock.time += IDLE_TIMEOUT;
    expect(all.touch(id)).toBeUndefined();
    expect(all.size).toBe(0);
  });

  test("a session ends after 7 days, even when used", () => {
    const { clock, sessions: all, begin } = createSessions();
    const id = begin("ann");
    while (clock.time < MAX_LIFETIME - IDLE_TIMEOUT / 2) {
      clock.time += IDLE_TIMEOUT / 2;
      expect(all.touch(id)?.name).toBe(clock.time < MAX_LIFETIME ? "ann" : undefined);
    }
    clock.time = MAX_LIFETIME;
    expect(all.touch(id)).toBeUndefined();
  });

  test("every session has a different id of 256 random bits", () => {
    const { sessions: all, begin } = createSessions();
    const ids = new Set(Array.from({ length: 100 }, () => begin("ann")));
    expect(ids.size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
    expect(all.touch("")).toBeUndefined();
    expect(all.touch("__proto__")).toBeUndefined();
  });

  test("a user has at most 20 sessions; one more ends the least recently used one", () => {
    const { sessions: all, begin } = createSessions();
    const other = begin("rob");
    const first = begin("ann");
    const second = begin("ann");
    for (let n = 2; n < MAX_SESSIONS_PER_USER; n++) begin("ann");
    all.touch(first);
    begin("ann");
    expect(all.size).toBe(MAX_SESSIONS_PER_USER + 1);
    expect(all.touch(first)?.name).toBe("ann");
    expect(all.touch(second)).toBeUndefined();
    expect(all.touch(other)?.name).toBe("rob");
  });
});

describe("security headers", () => {
  test("security headers are on every answer: pages, API, errors and unknown routes", async () => {
    const { url } = await startHttpApp();
    for (const path of ["/", "/app.js", "/api/devices", "/api/devices/ghost", "/nothing"]) {
      const { headers } = await ask(url, path);
      expect(headers, path).toMatchObject({
        "x-content-type-options": "nosniff",
        "content-security-policy": expect.stringMatching(
          /^default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';worker-src 'self';font-src 'self';base-uri 'none';form-action 'self';frame-ancestors /,
        ),
        "referrer-policy": "no-referrer",
        "permissions-policy": expect.stringContaining("camera=()"),
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
      });
      expect(headers["strict-transport-security"]).toBeUndefined();
      expect(headers["x-powered-by"]).toBeUndefined();
    }
  });

  test("security headers are on the answer to a malformed path", async () => {
    const { url } = await startHttpApp();
    const answer = await ask(url, "/api/devices/%zz<script>");
    expect(answer).toMatchObject({ status: 400, json: { error: expect.stringMatching(/^The path/) } });
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'",
    });
  });

  test("API answers are never cached, and browsers revalidate the dashboard's files each time", async () => {
    const { url } = await startHttpApp();
    for (const path of ["/api/devices", "/api/session", "/healthz", "/nothing"])
      expect((await ask(url, path)).headers["cache-control"], path).toBe("no-store");
    expect((await ask(url, "/app.js")).headers["cache-control"]).toBe("private, no-cache");
  });

  test("only editors on this machine may frame the dashboard, and only without accounts", async () => {
    const frameAncestorsOf = async (url: string): Promise<string> =>
      /frame-ancestors ([^;]*)/.exec((await ask(url, "/login")).headers["content-security-policy"] as string)![1];
    const open = await frameAncestorsOf((await startHttpApp()).url);
    expect(open).toContain("'self' vscode-webview: vscode-file:");
    expect(open).not.toMatch(/(^| )(\*|https?:)( |$)/);
    expect(await frameAncestorsOf((await startHttpApp({ accounts: createThreeAccounts() })).url)).toBe("'none'");
    expect(await frameAncestorsOf((await startHttpApp({ framed: false })).url)).toBe("'none'");
  });
});

describe("a page of another site", () => {
  test.each<[string, http.OutgoingHttpHeaders]>([
    ["text/plain", { "content-type": "text/plain" }],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["a form with files", { "content-type": "multipart/form-data; boundary=x" }],
    ["several types", { "content-type": "text/plain; application/json" }],
    ["another type that ends like JSON", { "content-type": "text/plain+application/json" }],
  ])("a page of another site cannot send JSON with the content type %s", async (_what, headers) => {
    const { url, modes } = await startHttpApp();
    expect((await ask(url, MODE_PATH, { method: "PUT", body: '{"mode":"on"}', headers })).status).toBe(415);
    expect(modes).toEqual([]);
  });

  test("another site's page cannot send a body without a content type", async () => {
    const { url, modes } = await startHttpApp();
    const status = await new Promise<number>((resolve, reject) => {
      const request = http.request(url + MODE_PATH, { method: "PUT", agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      request.on("error", reject).end('{"mode":"on"}');
    });
    expect(status).toBe(415);
    expect(modes).toEqual([]);
  });

  test("another site's page cannot use the session of a user", async () => {
    const { url, modes } = await startHttpApp({ accounts: createThreeAccounts() });
    const cookie = await logIn(url, "ann");
    for (const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
    ])
      expect((await ask(url, MODE_PATH, { ...SET_MODE_ON, headers: { cookie, ...headers } })).status).toBe(403);
    const logout = { method: "POST", headers: { cookie, origin: "http://evil.example" } };
    expect((await ask(url, "/api/logout", logout)).status).toBe(403);
    expect(modes).toEqual([]);
    expect((await ask(url, MODE_PATH, { ...SET_MODE_ON, headers: { cookie, origin: url } })).status).toBe(200);
  });

  test("another site's page cannot log a user in (login CSRF)", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const body = { name: "ann", password: "ann password" };
    const answer = await ask(url, "/api/login", { method: "POST", body, headers: { origin: "http://evil.example" } });
    expect(answer.status).toBe(403);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("another site's page cannot open event streams, and may link to the dashboard", async () => {
    const { url } = await startHttpApp();
    const createFetchHeaders = (mode: string) => ({
      headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": mode },
    });
    expect((await ask(url, "/api/events", createFetchHeaders("no-cors"))).status).toBe(403);
    expect((await ask(url, "/", createFetchHeaders("navigate"))).status).toBe(200);
  });
});

test("the server accepts an additional host name from its options", async () => {
  const named = await startHttpApp({ names: ["Lights.Example.org"] });
  const headers = { host: "lights.example.org", origin: "https://lights.example.org" };
  expect((await ask(named.url, MODE_PATH, { ...SET_MODE_ON, headers })).status).toBe(200);
  const plain = await startHttpApp();
  const refused = await ask(plain.url, "/api/devices", { headers: { host: "lights.example.org" } });
  expect(refused).toMatchObject({ status: 403, json: { error: expect.stringContaining("http_names") } });
});

test("an absolute request URL does not bypass the check of the host name", async () => {
  const { url } = await startHttpApp();
  const answer = await ask(url, "http://localhost/api/devices", { headers: { host: "evil.example" } });
  expect(answer.status).toBe(403);
});

test("the log contains no passwords or tokens", async () => {
  const log = createTestLog();
  const { url } = await startHttpApp({ accounts: createThreeAccounts(), log });
  await logIn(url, "ann");
  await ask(url, "/api/devices", { headers: createBasicAuth("ann", "secret-1") });
  await ask(url, "/api/devices", { headers: createBearerAuth("secret-2") });
  await ask(url, "/api/login", { method: "POST", body: { name: "secret-3", password: "secret-4" } });
  expect(log.lines.map(({ level, text, fields }) => [level, text, fields])).toEqual([
    ["info", "ann logged in from 127.0.0.1.", { user: "ann", address: "127.0.0.1" }],
    ["warn", "Refused a login as ann from 127.0.0.1: wrong password.", { user: "ann", address: "127.0.0.1" }],
    ["warn", "Refused a login from 127.0.0.1: no user has the name that was given.", { address: "127.0.0.1" }],
  ]);
});
