/** Tests the encrypted connection between the update adapter of a board and the server. */
import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { connect, type AddressInfo } from "node:net";
import path from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { COMMAND_NAME } from "../../../server/src/common/command-name.js";
import { serveUpgrades } from "../../../server/src/http/upgrades.js";
import { UpdateKeys } from "../../../server/src/security/update-keys.js";
import type { AdapterLink } from "../../../server/src/updates/adapter-link.js";
import { UpdateEndpoint, type EndpointLimits } from "../../../server/src/updates/endpoint.js";
import { createHello, PROOF, seedOf, Session } from "../../../server/src/updates/session.js";
import { idOfUpdatePath } from "../../../server/src/updates/update-path.js";
import { createUpdateUrl } from "../../../server/src/updates/update-url.js";
import { clock } from "../../../server/src/time/monotonic-clock.js";
import { eventually } from "../../support/eventually.js";
import { TestFlash, UpdateAdapter } from "../../support/update-adapter.js";
import { ask, sendJson } from "../support/api.js";
import { addUsers, loginOf } from "../support/guarded.js";
import { createTestLog } from "../support/http-app.js";
import { startAsAdministrator } from "../support/people.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";

const ID = "nightlight/porch";
const KEY = Buffer.alloc(32, 7);

async function startEndpoint(limits: Partial<EndpointLimits> = {}) {
  const links: AdapterLink[] = [];
  const log = createTestLog();
  const keys = { find: async (id: string) => (id === ID ? KEY : undefined) };
  const isKnown = (id: string) => id === ID || id === "nightlight/known";
  const endpoint = new UpdateEndpoint({ keys, isKnown, log, limits, onConnect: (_id, link) => void links.push(link) });
  const http = createServer();
  serveUpgrades(http, [
    { path: "/updates/", matches: () => true, handle: (...request) => endpoint.handleUpgrade(...request) },
  ]);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    endpoint.close();
    http.close();
  });
  const server = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const connectAdapter = (key = KEY, flash = new TestFlash(), id = ID) => {
    const adapter = new UpdateAdapter({ url: createUpdateUrl(id, key, server), flash });
    onTestFinished(() => adapter.cutPower());
    return adapter;
  };
  return { links, log, server, connectAdapter };
}

describe("the session", () => {
  test("carries messages between both sides", () => {
    const seed = Buffer.alloc(16, 2);
    const nonce = Buffer.alloc(16, 1);
    const board = new Session("board", KEY, nonce, seed);
    const server = new Session("server", KEY, nonce, seed);
    for (const text of ["first", "second", "x".repeat(200)]) {
      const data = Buffer.from(text);
      expect(server.decrypt(board.encrypt(data))).toEqual(data);
      expect(board.decrypt(server.encrypt(data))).toEqual(data);
    }
    expect(board.encrypt(PROOF)).not.toEqual(server.encrypt(PROOF));
  });

  test("refuses repeated, changed and short messages", () => {
    const create = () => [new Session("board", KEY, PROOF, PROOF), new Session("server", KEY, PROOF, PROOF)] as const;
    const [board, server] = create();
    const message = board.encrypt(Buffer.from("on"));
    expect(server.decrypt(message)).toEqual(Buffer.from("on"));
    expect(server.decrypt(message)).toBeUndefined();
    const [other, fresh] = create();
    const changed = other.encrypt(Buffer.from("on"));
    changed[0] ^= 1;
    expect(fresh.decrypt(changed)).toBeUndefined();
    expect(fresh.decrypt(Buffer.alloc(4))).toBeUndefined();
  });

  test("begins with a random number of the server", () => {
    expect(seedOf(createHello())).toHaveLength(16);
    expect(seedOf(createHello())).not.toEqual(seedOf(createHello()));
    expect(seedOf(Buffer.alloc(24))).toBeUndefined();
    expect(seedOf(Buffer.alloc(3))).toBeUndefined();
  });
});

describe("the update URL", () => {
  test("contains key, address, base path and the encoded id", () => {
    const hex = KEY.toString("hex");
    const urlOf = (id: string, server: string) => createUpdateUrl(id, KEY, new URL(server));
    expect(urlOf("nightlight/porch", "http://nas:8080")).toBe(`ws://wssk:${hex}@nas:8080/updates/nightlight/porch`);
    expect(urlOf("a b/c%", "https://x.org/night/")).toBe(`wss://wssk:${hex}@x.org:443/night/updates/a%20b/c%25`);
    expect(() => urlOf("porch", "http://[::1]:8080")).toThrow("Boards cannot use an IPv6 address");
    expect(() => urlOf("%".repeat(90), "http://nas:8080")).toThrow("give the board a shorter id");
  });

  test("has a path from which the server reads the id again", () => {
    expect(idOfUpdatePath("/updates/a%20b/c%25")).toBe("a b/c%");
    expect(idOfUpdatePath("/updates/%zz")).toBeUndefined();
    expect(idOfUpdatePath("/mqtt")).toBeUndefined();
  });
});

describe("the endpoint", () => {
  test("replaces the program of a board that knows the key", async () => {
    const { links, connectAdapter } = await startEndpoint();
    const flash = new TestFlash(Buffer.alloc(64, 1));
    const adapter = connectAdapter(KEY, flash);
    await adapter.proved;
    const [link] = await eventually(() => links.length === 1 && links, { what: "the link" });
    expect(await link.readHash()).toBe(flash.hash.toString("hex"));
    adapter.ping();
    const program = Buffer.alloc(1000, 3);
    const reported: number[] = [];
    await link.writeProgram(program, (bytes) => reported.push(bytes));
    expect(flash.program).toEqual(program);
    expect(reported).toEqual([192, 384, 576, 768, 960, 1000]);
    expect(await link.readHash()).toBe(flash.hash.toString("hex"));
  });

  test("runs operations one after the other", async () => {
    const { links, connectAdapter } = await startEndpoint();
    const flash = new TestFlash(Buffer.alloc(64, 1));
    connectAdapter(KEY, flash);
    const [link] = await eventually(() => links.length === 1 && links, { what: "the link" });
    const program = Buffer.alloc(400, 3);
    const before = flash.hash.toString("hex");
    const [first, , second] = await Promise.all([
      link.readHash(),
      link.writeProgram(program, () => {}),
      link.readHash(),
    ]);
    expect(first).toBe(before);
    expect(second).toBe(flash.hash.toString("hex"));
    expect(flash.program).toEqual(program);
  });

  test("reports a program that the board refuses, and a connection that ends", async () => {
    const { links, connectAdapter } = await startEndpoint();
    const adapter = connectAdapter();
    const [link] = await eventually(() => links.length === 1 && links, { what: "the link" });
    // seven bytes are not aligned
    await expect(link.writeProgram(Buffer.alloc(7), () => {})).rejects.toMatchObject({ kind: "refused" });
    adapter.socket.pause();
    const reading = link.readHash();
    adapter.cutPower();
    await expect(reading).rejects.toMatchObject({ kind: "lost" });
    await expect(link.readHash()).rejects.toMatchObject({ kind: "lost" });
  });

  test("refuses a wrong key, and warns once with the remedy", async () => {
    const { links, log, connectAdapter } = await startEndpoint();
    for (let i = 0; i < 3; i++) await connectAdapter(Buffer.alloc(32, 8)).closed;
    expect(links).toEqual([]);
    expect(log.lines).toEqual([
      {
        level: "warn",
        text: `${ID} connected for an update with a wrong key, so that its program cannot be replaced. ${COMMAND_NAME} update url ${ID} prints the UPDATE_URL to store on the board.`,
        fields: { id: ID },
      },
    ]);
  });

  test("answers a stranger alike, whether a board has a key or not, and warns of boards without one", async () => {
    const { links, log, connectAdapter } = await startEndpoint();
    for (const id of [ID, "nightlight/other"]) {
      const stranger = connectAdapter(Buffer.alloc(32, 8), undefined, id);
      await stranger.closed;
      expect(stranger.refusal, id).toBeUndefined();
    }
    for (let i = 0; i < 30; i++) await connectAdapter(KEY, undefined, `nightlight/${i}`).closed;
    expect(links).toEqual([]);
    expect(log.lines[1].text).toContain("nightlight/other connected for an update, but this server has no key for it.");
    expect(log.lines).toHaveLength(21);
    // boards that the server knows are not silenced by strangers, and further strangers only for an hour
    for (let i = 0; i < 2; i++) await connectAdapter(KEY, undefined, "nightlight/known").closed;
    expect(log.lines).toHaveLength(22);
    expect(log.lines.at(-1)?.text).toContain("nightlight/known connected");
    const later = clock.now() + 3_600_000;
    vi.spyOn(clock, "now").mockImplementation(() => later);
    onTestFinished(() => void vi.restoreAllMocks());
    await connectAdapter(KEY, undefined, "nightlight/late").closed;
    expect(log.lines.at(-1)?.text).toContain("nightlight/late connected");
  });

  test("counts all addresses of an IPv6 network together", async () => {
    const keys = { find: () => new Promise<undefined>(() => {}) };
    const endpoint = new UpdateEndpoint({
      keys,
      isKnown: () => false,
      log: createTestLog(),
      limits: { unprovedPerAddress: 2 },
      onConnect() {},
    });
    const isRefused = (remoteAddress: string): boolean => {
      let status = 0;
      const headers = { "sec-websocket-protocol": `devs-key-${"a".repeat(32)}` };
      const request = { socket: { remoteAddress }, headers, url: `/updates/${ID}` } as unknown as IncomingMessage;
      endpoint.handleUpgrade(request, new PassThrough(), Buffer.alloc(0), (code) => (status = code));
      return status === 503;
    };
    expect(["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"].map(isRefused)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    endpoint.close();
  });

  test("refuses other subprotocols and too many strangers", async () => {
    const { server, connectAdapter } = await startEndpoint({ unproved: 2, proofTimeout: 3000 });
    const request = (protocol: string) => {
      const socket = connect(Number(server.port), "127.0.0.1");
      socket.on("error", () => {});
      const headers = `Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\n`;
      socket.write(`GET /updates/${ID} HTTP/1.1\r\n${headers}Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`);
      return socket;
    };
    const [answer] = await once(request("mqtt"), "data");
    expect(String(answer)).toContain("400 Bad Request");
    // two strangers who never prove a key
    const strangers = [request(`devs-key-${"a".repeat(32)}`), request(`devs-key-${"b".repeat(32)}`)];
    await Promise.all(strangers.map((socket) => once(socket, "data")));
    const late = connectAdapter();
    await late.closed;
    expect(late.refusal).toBe(503);
    await eventually(() => strangers.every((socket) => socket.closed), { what: "the end of the strangers" });
    await connectAdapter().proved;
  });

  test("survives messages of random length from a stranger", async () => {
    const { connectAdapter } = await startEndpoint();
    for (const length of [0, 1, 5, 36, 1024, 5000]) {
      const adapter = connectAdapter();
      adapter.socket.removeAllListeners("message");
      adapter.socket.once("message", () => adapter.socket.send(Buffer.alloc(length, 9)));
      await adapter.closed;
    }
    await connectAdapter().proved;
  });

  test("keeps the newest connection of a board", async () => {
    const { links, connectAdapter } = await startEndpoint();
    const first = connectAdapter();
    await first.proved;
    await connectAdapter().proved;
    await first.closed;
    await eventually(() => links.length === 2 && links[0].isClosed && !links[1].isClosed, { what: "the newer link" });
  });
});

describe("the keys", () => {
  test("are created once, survive a restart, and belong to the owner only", async () => {
    const folder = await createTemporaryFolder();
    const keys = new UpdateKeys(folder);
    expect(await keys.find(ID)).toBeUndefined();
    const [first, second] = await Promise.all([keys.obtain(ID), new UpdateKeys(folder).obtain(ID)]);
    expect(first).toHaveLength(32);
    expect(second).toEqual(first);
    expect(await new UpdateKeys(folder).find(ID)).toEqual(first);
    expect(await keys.obtain("nightlight/other")).not.toEqual(first);
    if (process.platform !== "win32")
      expect((await stat(path.join(folder, "update-keys.json"))).mode & 0o777).toBe(0o600);
    await keys.remove(ID);
    expect(await new UpdateKeys(folder).find(ID)).toBeUndefined();
    await writeFile(path.join(folder, "update-keys.json"), "{");
    await expect(new UpdateKeys(folder).find(ID)).rejects.toThrow("The update keys in");
  });

  test("come with the account of a board, and go with it", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { ann: "admin", rob: "reader" });
    const { httpUrl } = await startTestServer({ data });
    const as = (name: string) => {
      const { username, password } = loginOf(name);
      return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
    };
    const post = (path: string, body: object, name = "ann") =>
      sendJson("POST", httpUrl!, path, JSON.stringify(body), as(name));
    expect((await post("/api/users", { name: "porch", role: "device", device: ID })).status).toBe(201);
    const keys = new UpdateKeys(data);
    const key = await keys.find(ID);
    const answer = await post("/api/new-board", { id: ID });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: ID, update_url: createUpdateUrl(ID, key!, new URL(httpUrl!)) });
    expect((await post("/api/new-board", { id: ID, page: "https://x.org/night/" })).body).toMatchObject({
      update_url: createUpdateUrl(ID, key!, new URL("https://x.org/night/")),
    });
    expect((await post("/api/new-board", { id: "#" })).status).toBe(400);
    expect((await post("/api/new-board", { id: "nightlight/new", page: "http://[fd00::1]:8080/" })).status).toBe(400);
    expect((await post("/api/new-board", { id: "nightlight/new", page: "ftp://x" })).status).toBe(400);
    expect(await keys.find("nightlight/new")).toBeUndefined();
    expect((await post("/api/new-board", { id: ID }, "rob")).status).toBe(403);
    expect((await ask(httpUrl!, "/api/users/porch", { method: "DELETE", headers: as("ann") })).status).toBe(204);
    expect(await keys.find(ID)).toBeUndefined();
  });
});

test("a board's account that is refused leaves no key behind, and a user that becomes a board gets one", async () => {
  const { as, data } = await startAsAdministrator({ rob: "reader" });
  const keys = new UpdateKeys(data);
  const board = { role: "device", device: ID };
  expect((await as("POST", "/api/users", { name: "rob", ...board })).status).toBe(409);
  expect((await as("PUT", "/api/users/nobody", board)).status).toBe(404);
  expect(await keys.find(ID)).toBeUndefined();
  expect((await as("PUT", "/api/users/rob", board)).status).toBe(200);
  expect(await keys.find(ID)).toHaveLength(32);
});

test("a server gives a simulated board a URL with which it connects", async () => {
  const log = createTestLog();
  const server = await startTestServer({ log });
  const url = await server.updateUrlOf(ID);
  const adapter = new UpdateAdapter({ url: url!, flash: new TestFlash() });
  onTestFinished(() => adapter.cutPower());
  await adapter.proved;
});
