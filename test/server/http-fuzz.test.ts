import fc from "fast-check";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { IS_LONG_RUN, getTestSeed } from "../support/seed.js";
import { ask, startHttpApp, portOf, createThreeAccounts, type TestApp } from "./support/http-app.js";

const ADMIN_HEADERS = { authorization: "Bearer ann-token" };
/** Text that only authorized clients may see. */
const SECRET_PATTERN = /nightlight\/porch/;

/** A simulated user who sends one request after the other until `stop` is called. */
interface SimulatedUser {
  /** The number of correct answers so far. If an answer was wrong, `stop` throws an error. */
  readonly answerCount: number;
  stop(): Promise<void>;
}

function startUser(url: string): SimulatedUser {
  let stopped = false;
  let answered = 0;
  const requestLoop = (async () => {
    while (!stopped) {
      const { status, text } = await ask(url, "/api/devices", { headers: ADMIN_HEADERS });
      if (status !== 200 || !SECRET_PATTERN.test(text)) throw new Error(`the user was answered ${status} ${text}`);
      answered++;
      await sleep(25);
    }
  })();
  requestLoop.catch(() => {});
  return {
    get answerCount() {
      return answered;
    },
    stop() {
      stopped = true;
      return requestLoop;
    },
  };
}

/** A raw connection that records the received bytes. */
interface RawConnection {
  readonly socket: net.Socket;
  got(): string;
  closed(): boolean;
}

function connectRaw({ server }: TestApp, bytes: string | Buffer = ""): RawConnection {
  let got = "";
  let closed = false;
  const socket = net.connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.setEncoding("latin1").on("data", (part) => (got += String(part)));
  socket.on("end", () => (closed = true)).on("close", () => (closed = true));
  socket.on("error", () => {});
  if (bytes.length > 0) socket.write(bytes);
  return { socket, got: () => got, closed: () => closed };
}

/** Returns the status codes of the received HTTP responses. */
const statusesIn = (text: string): number[] =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, code]) => Number(code));

const REQUEST_HEAD = "GET /api/devices HTTP/1.1\r\nHost: localhost\r\n";

describe("a server with accounts and a working user", () => {
  test.each<[what: string, bytes: string]>([
    ["both lengths", `${REQUEST_HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["two lengths", `${REQUEST_HEAD}Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd`],
    ["two lengths in one", `${REQUEST_HEAD}Content-Length: 4, 40\r\n\r\nabcd`],
    ["a signed length", `${REQUEST_HEAD}Content-Length: +4\r\n\r\nabcd`],
    ["a length that is none", `${REQUEST_HEAD}Content-Length: 0x4\r\n\r\nabcd`],
    ["an encoding that is not the last", `${REQUEST_HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ["an unknown encoding", `${REQUEST_HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["a space before the colon", `${REQUEST_HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ["a folded header", `${REQUEST_HEAD}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ["a line that ends in LF alone", "GET /api/devices HTTP/1.1\nHost: localhost\n\n"],
    ["a CR within a header", `${REQUEST_HEAD}X: a\rTransfer-Encoding: chunked\r\n\r\n`],
    ["a zero byte in a header", `${REQUEST_HEAD}X: a\0b\r\n\r\n`],
    ["a chunk with a wrong size", `${REQUEST_HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`],
    ["a chunk with an overflowing size", `${REQUEST_HEAD}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(40)}\r\nabc`],
    ["no host", "GET /api/devices HTTP/1.1\r\n\r\n"],
    ["another protocol", "GET /api/devices SPDY/9\r\nHost: localhost\r\n\r\n"],
    ["an unknown method", "LOOK /api/devices HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a tunnel", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])("a request with %s gets nothing, and nothing after it is taken for another request", async (_what, bytes) => {
    const app = await startHttpApp({ accounts: createThreeAccounts() });
    // request smuggling: a proxy may send another client's request on the same connection, after the malformed one
    const smuggled = `GET /api/devices HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ann-token\r\nConnection: close\r\n\r\n`;
    const wire = connectRaw(app, Buffer.from(bytes + smuggled, "latin1"));
    await eventually(wire.closed, { what: "the connection to be closed" });
    for (const status of statusesIn(wire.got())) expect([400, 401, 403, 404, 405, 431, 505]).toContain(status);
    expect(statusesIn(wire.got()).length).toBeLessThan(2);
    expect(wire.got()).not.toMatch(SECRET_PATTERN);
    expect((await ask(app.url, "/api/devices", { headers: ADMIN_HEADERS })).status).toBe(200);
  });

  test("the server cuts off endless headers and bodies after reading a little", async () => {
    const app = await startHttpApp({ accounts: createThreeAccounts() });
    const read: net.Socket[] = [];
    app.server.on("connection", (socket) => read.push(socket));
    const someone = startUser(app.url);
    const more = Buffer.alloc(64 * 1024, "a");
    const starts = [
      `${REQUEST_HEAD}X: `,
      `${REQUEST_HEAD}Cookie: `,
      `${REQUEST_HEAD}Authorization: Basic `,
      `GET /${"a".repeat(100_000)}`,
      `${REQUEST_HEAD}${Array.from({ length: 3000 }, (_, n) => `X${n}: y\r\n`).join("")}`,
      "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n",
      "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
      "PUT /api/devices/x/mode HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
    ];
    const wires = starts.map((start) => connectRaw(app, start));
    for (const { socket } of wires) {
      const writeUntilFull = (): void => {
        while (!socket.destroyed && socket.write(more));
      };
      socket.on("drain", writeUntilFull);
      writeUntilFull();
    }
    await eventually(() => wires.every(({ closed }) => closed()), { what: "all of them to be closed" });
    await someone.stop();
    for (const { got } of wires) {
      for (const status of statusesIn(got())) expect([400, 401, 413, 431]).toContain(status);
      expect(got()).not.toMatch(SECRET_PATTERN);
    }
    for (const { bytesRead } of read) expect(bytesRead).toBeLessThan(4_000_000);
    expect(someone.answerCount).toBeGreaterThan(0);
  });

  test.each<[what: string, body: string]>([
    ["brackets", "[".repeat(16_000)],
    ["closed brackets", "[".repeat(8000) + "]".repeat(8000)],
    ["braces", '{"a":'.repeat(2500) + "1" + "}".repeat(2500)],
    ["half of it", '{"name":"ann","password":"ann pass'],
    ["nothing", ""],
    ["zero bytes", "\0".repeat(1000)],
    ["a prototype", '{"__proto__":{"name":"ann"},"constructor":{"prototype":{"password":"x"}}}'],
    ["numbers beyond all bounds", `{"name":1e999,"password":-${"9".repeat(5000)}}`],
    ["half a character", '{"name":"\\ud800","password":"\\udfff"}'],
    ["a name without end", `{"name":"${"a".repeat(15_000)}","password":"x"}`],
    ["the same name twice", '{"name":"ann","name":["ann"],"password":"ann password"}'],
  ])("a body of %s logs nobody in", async (_what, body) => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const headers = { "content-length": Buffer.byteLength(body) };
    const { status, text } = await ask(url, "/api/login", { method: "POST", body, headers });
    expect([400, 401]).toContain(status);
    expect(JSON.parse(text)).toEqual({ error: expect.stringMatching(/^[A-Z]/) });
  });

  test("random paths, methods, cookies and authorization headers give no access", async () => {
    const app = await startHttpApp({ accounts: createThreeAccounts() });
    const someone = startUser(app.url);
    const piece = fc.constantFrom(
      ...["/", "//", "..", ".", "%2e%2e", "%2f", "%5c", "\\", "%00", "%", "?", "#", ";", "api", "devices", "login"],
      ...[
        "login.js",
        "healthz",
        "nightlight",
        "porch",
        "mode",
        "index.html",
        "app.js",
        "package.json",
        "%c0%af",
        "*",
        ":",
      ],
    );
    const path = fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join("")}`);
    const method = fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND");
    // headers may contain only printable ASCII characters
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    const scheme = fc.constantFrom("", "Bearer ", "Basic ", "bearer", "Digest ", "Basic Og==", "Bearer -token");
    const base64 = text.map((plain) => Buffer.from(plain).toString("base64"));
    const port = portOf(app.server);
    const cookie = text.map((value) => `nightlight-${port}=${value}`);
    const headers = fc.record(
      {
        authorization: fc.tuple(scheme, fc.oneof(text, base64)).map((parts) => parts.join("").trim()),
        cookie: fc.oneof(text, cookie),
        upgrade: fc.constantFrom("websocket", "h2c"),
        "x-forwarded-for": text,
      },
      { requiredKeys: [] },
    );
    const property = fc.asyncProperty(method, path, headers, async (m, p, h) => {
      const { status, text: got } = await ask(app.url, p, { method: m, headers: h });
      expect(got).not.toMatch(SECRET_PATTERN);
      // without a login, only public routes succeed; the login page is the only HTML page among them
      if (status === 200 && m === "GET") expect(got).toMatch(/Log in · Nightlight|data-part|"ok":true|"required":true/);
      else expect([200, 204, 302, 400, 401, 403, 404, 415, 429]).toContain(status);
    });
    await fc.assert(property, { numRuns: IS_LONG_RUN ? 30_000 : 600, seed: getTestSeed() });
    expect(app.modes).toEqual([]);
    await someone.stop();
    expect(someone.answerCount).toBeGreaterThan(0);
  });

  test("the server closes 1,000 slow clients after 10 s, and other clients do not wait", async () => {
    const app = await startHttpApp({ accounts: createThreeAccounts() });
    const someone = startUser(app.url);
    expect(app.server.headersTimeout).toBe(10_000);
    const silent = Array.from({ length: 100 }, () => connectRaw(app));
    const slow = Array.from({ length: 900 }, (_, n) => connectRaw(app, n % 2 ? "GET /" : `${REQUEST_HEAD}X: `));
    const dribble = setInterval(() => {
      for (const { socket } of slow) if (!socket.destroyed) socket.write("X");
    }, 1000);
    onTestFinished(() => clearInterval(dribble));
    const countConnections = (): Promise<number> =>
      new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));
    const hasConnected = ({ socket, closed }: RawConnection): boolean => socket.readyState === "open" || closed();
    await eventually(() => [...silent, ...slow].every(hasConnected), { what: "all of them to be connected" });
    // at most three connections remain, including that of the simulated user
    await eventually(async () => (await countConnections()) < 4, { what: "all of them to be closed", every: 50 });
    await eventually(() => [...silent, ...slow].every(({ closed }) => closed()), { what: "all of them to know" });
    for (const { got } of slow) for (const status of statusesIn(got())) expect([400, 408]).toContain(status);
    await someone.stop();
    expect(someone.answerCount).toBeGreaterThan(3);
  });
});

test("one address gets at most half of the connections, except a proxy on this machine", async () => {
  const { guardConnections } = await import("../../server/src/http/guard.js");
  const server = new net.Server();
  guardConnections(server, 10);
  const connectFrom = (remoteAddress: string): net.Socket => {
    const socket = Object.defineProperty(new net.Socket(), "remoteAddress", { value: remoteAddress });
    server.emit("connection", socket);
    return socket;
  };
  const flood = Array.from({ length: 8 }, () => connectFrom("192.0.2.1"));
  expect(flood.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false, false, true, true, true]);
  expect(connectFrom("192.0.2.2").destroyed).toBe(false);
  expect(Array.from({ length: 9 }, () => connectFrom("::ffff:127.0.0.1").destroyed)).not.toContain(true);
  expect(server.maxConnections).toBe(10);
  flood[0].destroy();
  await once(flood[0], "close");
  expect(connectFrom("192.0.2.1").destroyed).toBe(false);
});
