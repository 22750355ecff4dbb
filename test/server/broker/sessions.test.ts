/** Tests which clients may have sessions, how many, and for how long. */
import type { IConnackPacket } from "mqtt-packet";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sessionIdOf } from "../../../server/src/storage/session-id.js";
import { SessionStore } from "../../../server/src/storage/session-store.js";
import { SessionManager } from "../../../server/src/broker/session-manager.js";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { DEFAULT_OPTIONS } from "../../../server/src/config/options.js";
import type { Account, Accounts } from "../../../server/src/security/accounts.js";
import { changeUsers } from "../../../server/src/security/users-file.js";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { addUsers, loginOf, startBrokerWithAccounts } from "../support/guarded.js";
import {
  connectRawClient,
  createConnectPacket,
  encodeField,
  encodePacket,
  openRawClient,
  type RawClient,
} from "../support/raw.js";
import { connectClient, createTemporaryFolder } from "../support/server.js";

const rawLoginOf = (name: string): { username: string; password: Buffer } => ({
  username: name,
  password: Buffer.from(loginOf(name).password),
});

const connackOf = ({ packets }: RawClient): IConnackPacket => packets.find((packet) => packet.cmd === "connack")!;

/** Returns the total size of all files in a folder, in bytes. */
async function measureFolderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(path.join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("a client that asks for a session without a client id", () => {
  test.each([3, 4] as const)("a client that asks for a session without a client id is refused with return code 2 by protocol level %i, and leaves no session", async (protocolVersion) => {
    const { url, broker, rejected } = await startBareBroker();
    const sender = openRawClient(url);
    const name = protocolVersion === 3 ? "MQIsdp" : "MQTT";
    sender.sendBytes(encodePacket(0x10, encodeField(name), protocolVersion, 0, 0, 60, encodeField("")));
    expect(await sender.waitForPacket("connack")).toMatchObject({ returnCode: 2, sessionPresent: false });
    await sender.waitForClose();
    expect(broker.sessions.list()).toEqual([]);
    expect(rejected).toHaveLength(1);
  }); // prettier-ignore

  test("a client that asks for a session without a client id receives a client id in MQTT 5.0, with which it resumes its session", async () => {
    const { url } = await startBareBroker();
    const options = { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 60 } } as const;
    // this CONNECT has neither Clean Start nor a client id, and a Session Expiry Interval of 60 s
    const nameless = encodePacket(
      0x10,
      encodeField("MQTT"),
      5,
      0,
      0,
      60,
      Buffer.from("05110000003c", "hex"),
      encodeField(""),
    );
    const connectWithoutClientId = async (): Promise<RawClient> => {
      const made = openRawClient(url, { version: 5 });
      made.sendBytes(nameless);
      await made.waitForPacket("connack");
      return made;
    };
    const first = await connectWithoutClientId();
    const { properties, sessionPresent } = connackOf(first);
    const id = properties!.assignedClientIdentifier!;
    expect(sessionPresent).toBe(false);
    expect(id).toMatch(/^\S{8,}$/);
    first.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 1 }] });
    await first.waitForPacket("suback");
    first.socket.destroy();
    await (await connectClient(url)).publishAsync("a", "while it was away", { qos: 1 });
    const again = await connectRawClient(url, id, options);
    expect(connackOf(again).sessionPresent).toBe(true);
    expect((await again.waitForPacket("publish")).payload.toString()).toBe("while it was away");
    expect(connackOf(await connectWithoutClientId()).properties!.assignedClientIdentifier).not.toBe(id);
  });
});

describe("a reader, who may not publish", () => {
  const LIMITS = { sessions: 3, rate: 100_000 };

  test("a reader that never releases its large QoS 2 messages causes no stored data, even under many client ids", async () => {
    const { url, folder, broker, rejected } = await startBrokerWithAccounts({ eve: "reader" }, { limits: LIMITS });
    const count = 1000;
    const bytes = Buffer.concat(Array.from({ length: count }, (_, n) => encodePacket(0x34, encodeField("t"), (n + 1) >> 8, (n + 1) & 255, Buffer.alloc(80_000)))); // prettier-ignore
    for (let n = 0; n < 5; n++) {
      const sender = await connectRawClient(url, `id ${n}`, { clean: false, ...rawLoginOf("eve") });
      if (n >= LIMITS.sessions) {
        expect(connackOf(sender).returnCode).toBe(3);
        continue;
      }
      sender.sendBytes(bytes);
      await eventually(() => sender.packets.filter(({ cmd }) => cmd === "pubrec").length === count, { what: "PUBREC" });
      sender.socket.destroy();
    }
    expect(broker.sessions.list()).toHaveLength(LIMITS.sessions);
    expect(rejected.filter(([reason]) => reason === "too-large")).toHaveLength(LIMITS.sessions * count);
    expect(await measureFolderSize(folder)).toBeLessThan(1_000_000);
  }); // prettier-ignore

  test.each([
    [true, 4],
    [false, 4],
    [true, 5],
    [false, 5],
  ] as const)("a reader is disconnected after 1,000 messages of QoS 2 that it does not release (clean session: %s, protocol level %i)", async (clean, protocolVersion) => {
    const { url, folder, rejected } = await startBrokerWithAccounts({ ann: "admin", eve: "reader" }, { limits: LIMITS });
    // a reader may not publish: MQTT 5.0 refuses its messages with a failure code in PUBREC, after which no PUBREL follows
    const name = protocolVersion === 5 ? "ann" : "eve";
    const sender = await connectRawClient(url, "id", { clean, protocolVersion, ...rawLoginOf(name) });
    const sendPublish = (id: number): void =>
      sender.send({ cmd: "publish", topic: "t", payload: "x", qos: 2, messageId: id, retain: false, dup: false });
    for (let id = 1; id <= 1000; id++) sendPublish(id);
    await eventually(() => sender.packets.filter(({ cmd }) => cmd === "pubrec").length === 1000, { what: "PUBREC" });
    expect(sender.isClosed).toBe(false);
    sendPublish(1001);
    await sender.waitForClose();
    const problem = "more than 1000 messages of QoS 2 are not released";
    if (protocolVersion === 5)
      expect(await sender.waitForPacket("disconnect")).toMatchObject({ reasonCode: 0x93, properties: { reasonString: problem } });
    expect(rejected.at(-1)).toEqual(["over-limit", `${name} (id)`, problem]);
    expect(await measureFolderSize(folder)).toBeLessThan(1_000_000);
  }); // prettier-ignore

  test("a reader has at most as many sessions as the limit allows, and does not affect the sessions of others", async () => {
    const users = { eve: "reader", ann: "reader", porch: { device: "nightlight/porch" } } as const;
    const { url, broker, rejected } = await startBrokerWithAccounts(users, { limits: LIMITS });
    const codes: unknown[] = [];
    for (let n = 0; n < 6; n++) {
      const reader = await connectRawClient(url, `id ${n}`, { clean: false, ...rawLoginOf("eve") });
      codes.push(connackOf(reader).returnCode);
      reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 1 }] });
      if (connackOf(reader).returnCode === 0) await reader.waitForPacket("suback");
      reader.socket.destroy();
    }
    expect(codes).toEqual([0, 0, 0, 3, 3, 3]);
    expect(rejected.map(([reason]) => reason)).toEqual(["over-limit", "over-limit", "over-limit"]);
    for (const name of ["ann", "porch"])
      expect(connackOf(await connectRawClient(url, "id 1", { clean: false, ...rawLoginOf(name) })).returnCode).toBe(0);
    // existing sessions can still be resumed and ended
    expect(connackOf(await connectRawClient(url, "id 1", { clean: false, ...rawLoginOf("eve") })).sessionPresent).toBe(
      true,
    );
    (await connectRawClient(url, "id 1", rawLoginOf("eve"))).socket.destroy();
    await eventually(() => broker.sessions.list().length === 4, { what: "the end of one session" });
    expect(connackOf(await connectRawClient(url, "id 5", { clean: false, ...rawLoginOf("eve") })).returnCode).toBe(0);
  });
});

test("a board's account has ten client ids at most, whether they are connected or have sessions", async () => {
  const { url } = await startBrokerWithAccounts({ porch: { device: "nightlight/porch" } });
  const codes: unknown[] = [];
  for (let n = 0; n < 12; n++)
    codes.push(
      connackOf(await connectRawClient(url, `id ${n}`, { clean: n % 2 === 0, ...rawLoginOf("porch") })).returnCode,
    );
  expect(codes).toEqual([...Array<number>(10).fill(0), 3, 3]);
});

test("the session of a client that stays away ends after its expiry interval and no longer counts", async () => {
  const { url, broker } = await startBrokerWithAccounts(
    { eve: "reader" },
    { limits: { sessions: 1, sessionExpiry: 1000 } },
  );
  const first = await connectRawClient(url, "first", { clean: false, ...rawLoginOf("eve") });
  expect(connackOf(await connectRawClient(url, "second", { clean: false, ...rawLoginOf("eve") })).returnCode).toBe(3);
  first.socket.destroy();
  await eventually(() => broker.sessions.list().length === 0, { within: 15_000, what: "the end of the session" });
  expect(connackOf(await connectRawClient(url, "second", { clean: false, ...rawLoginOf("eve") })).returnCode).toBe(0);
});

test("the sweep ends sessions that have expired and those of accounts that were removed, and no others", async () => {
  const data = await openDataFolder(await createTemporaryFolder());
  const store = data.broker;
  onTestFinished(() => data.close());
  const ann = { name: "ann", role: "reader" } as Account;
  const accounts = {
    isLoginRequired: true,
    findByName: (name) => (name === "ann" ? ann : undefined),
  } as Partial<Accounts>;
  const ended: string[][] = [];
  const sessions = new SessionManager(new SessionStore(store), accounts as Accounts, { ...DEFAULT_OPTIONS.limits, sessionExpiry: 60_000 }, {
    isConnected: (id) => id.includes("connected"),
    sessionEnded: (...end) => void ended.push(end),
    queueLimitExceeded: () => expect.unreachable(),
    messagesDropped: () => expect.unreachable(),
  }); // prettier-ignore
  const before = Date.now();
  for (const [account, clientId, expiry] of [
    ["ann", "connected", undefined],
    ["ann", "short", 5],
    ["ann", "long", 60],
    ["ann", "longer than allowed", 3600],
    ["gone", "away", 60],
    ["gone", "connected", undefined],
  ] as const) {
    const id = sessionIdOf(account, clientId);
    sessions.open({ id, account: { ...ann, name: account }, clean: false, cleanStart: false });
    sessions.recordConnect(id, ann);
    if (expiry !== undefined) sessions.recordDisconnect(id, ann, expiry);
  }
  const listRemainingIds = (): string[] => sessions.list().map(({ client_id }) => client_id);
  sessions.sweep(before + 4000);
  expect(listRemainingIds()).toEqual(["connected", "short", "long", "longer than allowed"]);
  const accountEnds = ["away", "connected"].map((id) => [sessionIdOf("gone", id), "its account was removed"]);
  expect(ended).toEqual(accountEnds);
  sessions.sweep(Date.now() + 5000);
  expect(listRemainingIds()).toEqual(["connected", "long", "longer than allowed"]);
  sessions.sweep(before + 59_000);
  expect(listRemainingIds()).toEqual(["connected", "long", "longer than allowed"]);
  sessions.sweep(Date.now() + 60_000);
  expect(listRemainingIds()).toEqual(["connected"]);
  // only sessions of the removed account end with a log line; sessions without queued messages expire silently
  expect(ended).toEqual(accountEnds);
});

test("the log names a session that an administrator ends, and one that expires with messages in it", async () => {
  const { url, broker, warnings, rejected } = await startBareBroker(undefined, { limits: { sessionExpiry: 1000 } });
  const connectSubscriber = async (id: string): Promise<RawClient> => {
    const made = await connectRawClient(url, id, { clean: false });
    made.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 1 }] });
    await made.waitForPacket("suback");
    return made;
  };
  await connectSubscriber("panel");
  const phone = await connectSubscriber("phone");
  await broker.sessions.end(null, "panel");
  expect(warnings).toEqual(["The session of panel has ended: an administrator ended it."]);
  // the message stays in the queue, because a raw client acknowledges nothing
  await (await connectClient(url)).publishAsync("a", "x", { qos: 1 });
  phone.socket.destroy();
  await eventually(() => warnings.length === 2, { within: 15_000, what: "the end of the other session" });
  expect(warnings[1]).toBe("The session of phone has ended: it has expired; 1 queued message was dropped.");
  expect(rejected).toEqual([]);
});

test.each(["at once", "later"])("a device account that reuses an administrator's name (%s) receives none of the administrator's messages", async (when) => {
  const { url, folder, broker } = await startBrokerWithAccounts({ ann: "admin", boss: "admin" });
  const admin = await connectRawClient(url, "panel", { clean: false, ...rawLoginOf("ann") });
  admin.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 1 }] });
  await admin.waitForPacket("suback");
  admin.socket.destroy();
  const boss = await connectClient(url, loginOf("boss"));
  await boss.publishAsync("nightlight/porch/commands", "for the administrator", { qos: 1 });
  expect(broker.stats.queued).toBe(1);

  await changeUsers(folder, (stored) => void stored.delete("ann"));
  if (when === "later")
    await eventually(async () => (connackOf(await connectRawClient(url, "x", rawLoginOf("ann"))).returnCode ?? 0) > 0, { every: 300 });
  await addUsers(folder, { ann: { device: "nightlight/porch" } });
  // wait until the broker has reloaded the users: as a board, ann may not subscribe to `#`
  await eventually(async () => {
    const board = await connectClient(url, loginOf("ann"));
    const isRefused = await board.subscribeAsync("#").then(() => false, () => true);
    await board.endAsync();
    return isRefused;
  }, { every: 300 }); // prettier-ignore
  const board = await connectRawClient(url, "panel", { clean: false, ...rawLoginOf("ann") });
  await boss.publishAsync("nightlight/shed/telemetry", "for others", { qos: 1 });
  await board.waitUntilProcessed();
  expect(connackOf(board).sessionPresent).toBe(false);
  expect(board.packets.filter(({ cmd }) => cmd === "publish")).toEqual([]);
  expect(broker.stats.queued).toBe(0);
}); // prettier-ignore

test("after five wrong passwords the broker refuses others unchecked, but accepts a correct generated password", async () => {
  const { url, rejected } = await startBrokerWithAccounts({ ann: "reader" });
  const guessPassword = async (n: number, protocolVersion: 4 | 5): Promise<IConnackPacket> => {
    const made = openRawClient(url, { version: protocolVersion });
    made.send(createConnectPacket("x", { protocolVersion, username: "ann", password: Buffer.from(`guess ${n}`) }));
    const connack = await made.waitForPacket("connack");
    await made.waitForClose();
    return connack;
  };
  for (let n = 0; n < 5; n++) expect((await guessPassword(n, 4)).returnCode).toBe(4);
  // a guess that a slow machine makes after the delay is checked, and doubles the delay
  await eventually(
    async () => (await guessPassword(5, 4)).returnCode === 3 && (await guessPassword(5, 5)).reasonCode === 0x9f,
    { what: "two guesses that are not checked" },
  );
  await connectClient(url, loginOf("ann"));
  expect(new Set(rejected.map(([reason]) => reason))).toEqual(new Set(["bad-login"]));
  expect(rejected.slice(-2).map(([, , problem]) => problem)).toEqual(Array(2).fill(expect.stringMatching(/^too many wrong passwords; try again in \d+ s$/))); // prettier-ignore
});
