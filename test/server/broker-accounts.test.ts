/** Tests the logins and permissions of the embedded broker's clients. */
import { randomUUID } from "node:crypto";
import type { IClientOptions } from "mqtt";
import { describe, expect, test } from "vitest";
import { changeUsers } from "../../server/src/security/users-file.js";
import { eventually } from "../support/eventually.js";
import { addUsers, loginOf, startBrokerWithAccounts, passwordOf } from "./support/guarded.js";
import { connectClient } from "./support/server.js";

const USERS = {
  boss: "admin",
  eyes: "reader",
  porch: { device: "nightlight/porch" },
  shed: { device: "nightlight/shed" },
} as const;

/** Returns the return code of a refused CONNECT; undefined when the broker accepts it. */
async function refusalCode(url: string, options: IClientOptions): Promise<number | undefined> {
  const error: unknown = await connectClient(url, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  return (error as { code?: number } | undefined)?.code;
}

describe("a refused login", () => {
  test.each<[what: string, options: IClientOptions, code: number]>([
    ["no user name", {}, 5],
    ["an unknown user name", { username: "nobody", password: "x" }, 4],
    ["a wrong password", { username: "boss", password: passwordOf("porch") }, 4],
    ["no password", { username: "boss" }, 4],
    ["an empty password", { username: "boss", password: "" }, 4],
    ["the name of a JavaScript built-in", { username: "__proto__", password: "x" }, 4],
    ["the client id of a connected client", { clientId: "boss" }, 5],
  ])("a login with %s is refused", async (_what, options, code) => {
    const { url, rejected } = await startBrokerWithAccounts(USERS);
    expect(await refusalCode(url, options)).toBe(code);
    expect(rejected).toEqual([["bad-login", expect.stringContaining("127.0.0.1"), expect.any(String)]]);
  });
});

describe("a device account", () => {
  test("a device account publishes and subscribes on its own topics", async () => {
    const { url, got, rejected } = await startBrokerWithAccounts(USERS);
    const own = ["commands", "config", "set", "decision"].map((channel) => `nightlight/porch/${channel}`);
    const board = await connectClient(url, loginOf("porch"), ...own, "nightlight/status");
    for (const channel of ["telemetry", "status", "replies"])
      await board.publishAsync(`nightlight/porch/${channel}`, "1", { qos: 1 });
    await eventually(() => board.got.some(({ topic }) => topic === "nightlight/porch/commands"), {
      what: "the answer",
    });
    await eventually(() => board.got.some(({ topic }) => topic === "nightlight/status"), { what: "the status" });
    expect(got.map(([topic]) => topic)).toEqual(["telemetry", "status", "replies"].map((c) => `nightlight/porch/${c}`));
    expect(rejected).toEqual([]);
  });

  test.each([
    "#",
    "+/+/+",
    "nightlight/porch/#",
    "nightlight/porch/+",
    "nightlight/shed/commands",
    "nightlight/porch/telemetry",
  ])("a device account cannot subscribe to %s: SUBACK refuses, and no message arrives", async (filter) => {
    const { url, rejected } = await startBrokerWithAccounts(USERS);
    const board = await connectClient(
      url,
      { ...loginOf("porch"), clean: false, clientId: "p" },
      "nightlight/porch/commands",
    );
    await expect(board.subscribeAsync(filter, { qos: 1 })).rejects.toThrow(/128|Unspecified/);
    const boss = await connectClient(url, loginOf("boss"));
    await boss.publishAsync("nightlight/shed/commands", "secret", { qos: 1, retain: true });
    await boss.publishAsync("nightlight/porch/commands", "yours", { qos: 1 });
    await eventually(() => board.got.length > 0, { what: "its own command" });
    expect(board.got.map(({ text }) => text)).toEqual(["yours"]);
    expect(rejected).toMatchObject([["not-allowed", "porch (p)", `may not subscribe to ${filter}`]]);
  });

  test("a device account that subscribes to its own and other topics in one packet receives only its own, also from its queue", async () => {
    const { url, broker } = await startBrokerWithAccounts(USERS);
    const session = { ...loginOf("porch"), clean: false, clientId: "p" };
    const asleep = await connectClient(url, session);
    await asleep.subscribeAsync(["nightlight/porch/commands", "#"], { qos: 1 }).catch(() => {});
    await asleep.endAsync();
    const boss = await connectClient(url, loginOf("boss"));
    await boss.publishAsync("nightlight/shed/commands", "secret", { qos: 1 });
    await boss.publishAsync("nightlight/porch/commands", "yours", { qos: 1 });
    expect(broker.stats.queued).toBe(1);
    const awake = await connectClient(url, session);
    await eventually(() => awake.got.length > 0, { what: "its own command" });
    expect(awake.got.map(({ text }) => text)).toEqual(["yours"]);
  });

  test.each([0, 1, 2] as const)(
    "a device account that publishes elsewhere at QoS %i stays connected; the message is acknowledged, counted and reaches nobody",
    async (qos) => {
      const { url, got, rejected } = await startBrokerWithAccounts(USERS);
      const eyes = await connectClient(url, loginOf("eyes"), "#");
      const board = await connectClient(url, { ...loginOf("porch"), clientId: "p" });
      await board.publishAsync("nightlight/shed/telemetry", '{"light":1}', { qos });
      await board.publishAsync("nightlight/shed/commands", '{"led_on":true}', { qos, retain: true });
      await board.publishAsync("nightlight/porch/telemetry", "mine", { qos });
      await eventually(() => eyes.got.some(({ text }) => text === "mine"), { what: "the allowed message" });
      expect(got.map(([topic]) => topic)).toEqual(["nightlight/porch/telemetry"]);
      expect(eyes.got.filter(({ topic }) => topic.startsWith("nightlight/shed"))).toEqual([]);
      expect(board.connected).toBe(true);
      expect(rejected).toEqual([
        ["not-allowed", "porch (p)", "may not publish on nightlight/shed/telemetry"],
        ["not-allowed", "porch (p)", "may not publish on nightlight/shed/commands"],
      ]);
    },
  );

  test("a device account with a will on another device's topic is refused", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    const will = { topic: "nightlight/shed/status", payload: Buffer.from("{}"), qos: 1, retain: true } as const;
    expect(await refusalCode(url, { ...loginOf("porch"), will })).toBe(5);
    await connectClient(url, { ...loginOf("porch"), will: { ...will, topic: "nightlight/porch/status" } });
  });

  test.each([0, 1, 2] as const)("a device account has its will at QoS %i delivered to the server once", async (qos) => {
    const { url, got } = await startBrokerWithAccounts(USERS);
    const will = { topic: "nightlight/porch/status", payload: Buffer.from("gone"), qos, retain: true };
    const eyes = await connectClient(url, loginOf("eyes"), "#");
    (await connectClient(url, { ...loginOf("porch"), will })).stream.destroy();
    await eventually(() => eyes.got.some(({ text }) => text === "gone"), { what: "the will" });
    await (await connectClient(url, loginOf("porch"))).publishAsync("nightlight/porch/telemetry", "after", { qos: 1 });
    expect(got.map(([, text]) => text)).toEqual(["gone", "after"]);
  });

  test("a device account has at most ten client ids", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    for (let n = 0; n < 10; n++)
      await (
        await connectClient(url, { ...loginOf("porch"), clean: false, clientId: `id-${n}` }, "nightlight/porch/set")
      ).endAsync();
    expect(await refusalCode(url, { ...loginOf("porch"), clean: false, clientId: "id-10" })).toBe(3);
    await connectClient(url, { ...loginOf("porch"), clean: false, clientId: "id-9" });
    // twelve clean sessions exceed the limit, but clean sessions do not count after their connections end
    for (let n = 0; n < 12; n++) await (await connectClient(url, loginOf("shed"))).endAsync();
  });
});

test("a reader sees everything and publishes nothing", async () => {
  const { url, got } = await startBrokerWithAccounts(USERS);
  const eyes = await connectClient(url, loginOf("eyes"), "#");
  await eyes.publishAsync("nightlight/porch/set", '{"mode":"on"}', { qos: 1 });
  await (await connectClient(url, loginOf("boss"))).publishAsync("a/b", "1", { qos: 1 });
  await eventually(() => eyes.got.some(({ topic }) => topic === "a/b"), { what: "somebody else's message" });
  expect(got.map(([topic]) => topic)).toEqual(["a/b"]);
});

test.each(["$SYS/#", "$SYS/+/new/clients"])(
  "no client can list other clients: a subscription to %s is refused",
  async (filter) => {
    const { url } = await startBrokerWithAccounts(USERS);
    const boss = await connectClient(url, loginOf("boss"));
    await expect(boss.subscribeAsync(filter)).rejects.toThrow();
  },
);

describe("a session belongs to its account", () => {
  const session = { clientId: "nightlight-board:nightlight/porch", clean: false } as const;

  test("other accounts cannot take a session over, end it, or receive its queue", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    const board = await connectClient(url, { ...session, ...loginOf("porch") }, "nightlight/porch/commands");
    const thief = await connectClient(url, { ...session, ...loginOf("shed") });
    const boss = await connectClient(url, { ...session, ...loginOf("boss") });
    await boss.publishAsync("nightlight/porch/commands", "1", { qos: 1 });
    await eventually(() => board.got.length === 1, { what: "the command" });
    expect(board.connected && thief.connected).toBe(true);
    await board.endAsync();
    await boss.publishAsync("nightlight/porch/commands", "2", { qos: 1 });
    // the account shed starts a clean session with porch's client id, which must not delete porch's session
    await (await connectClient(url, { ...session, clean: true, ...loginOf("shed") })).endAsync();
    const awake = await connectClient(url, { ...session, ...loginOf("porch") });
    await eventually(() => awake.got.length > 0, { what: "the queued messages" });
    expect(awake.got.map(({ text }) => text)).toEqual(["2"]);
    expect(thief.got).toEqual([]);
  });

  test("other accounts cannot occupy the client id of a session", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    await connectClient(url, { ...session, ...loginOf("shed") });
    const board = await connectClient(url, { ...session, ...loginOf("porch") }, "nightlight/porch/commands");
    await board.publishAsync("nightlight/porch/telemetry", "1", { qos: 1 });
    await eventually(() => board.got.length === 1, { what: "the answer" });
  });

  test("a second connection of the same account takes the session over [MQTT-3.1.4-2]", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    const old = await connectClient(url, { ...session, ...loginOf("porch") });
    await connectClient(url, { ...session, ...loginOf("porch") });
    await eventually(() => !old.connected, { what: "the old connection to end" });
  });

  test("a client id cannot be made to look like another account's", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    // U+0000 separates account and client id internally, but MQTT forbids it in a client id [MQTT-1.5.3-2]
    await expect(
      connectClient(url, { ...loginOf("shed"), clientId: "porch\0x", connectTimeout: 2000 }),
    ).rejects.toThrow();
    expect(await refusalCode(url, { ...loginOf("shed"), clientId: "x".repeat(257) })).toBe(2);
  });
});

describe("while the server runs", () => {
  test("a new user can log in", async () => {
    const { url, folder } = await startBrokerWithAccounts(USERS);
    await addUsers(folder, { late: { device: "late" } });
    await eventually(() => connectClient(url, loginOf("late")), { what: "the login of the new user", every: 50 });
  });

  test.each([
    ["removed", (folder: string) => changeUsers(folder, (users) => users.delete("porch"))],
    ["given another role", (folder: string) => addUsers(folder, { porch: "reader" })],
  ])("a user that is %s is disconnected, its will is published, and the others stay", async (_what, change) => {
    const { url, folder } = await startBrokerWithAccounts(USERS);
    const eyes = await connectClient(url, loginOf("eyes"), "#");
    const will = { topic: "nightlight/porch/status", payload: Buffer.from("gone"), qos: 1, retain: true } as const;
    const board = await connectClient(url, { ...loginOf("porch"), will });
    await change(folder);
    await eventually(() => !board.connected, { what: "the connection to end" });
    await eventually(() => eyes.got.some(({ text }) => text === "gone"), { what: "the will" });
    expect(eyes.connected).toBe(true);
  });

  test("a user who loses permissions receives nothing through old subscriptions or from the queue", async () => {
    const { url, folder, broker } = await startBrokerWithAccounts({ ...USERS, ann: "admin" });
    const session = { ...loginOf("ann"), clientId: "a", clean: false } as const;
    await (await connectClient(url, session, "#")).endAsync();
    const boss = await connectClient(url, loginOf("boss"));
    await boss.publishAsync("nightlight/shed/commands", "waited", { qos: 1 });
    await addUsers(folder, { ann: { device: "nightlight/ann" } });
    const isSubscriptionRefused = async (): Promise<boolean> => {
      const probe = await connectClient(url, loginOf("ann"));
      return probe.subscribeAsync("#").then(
        () => false,
        () => true,
      );
    };
    await eventually(isSubscriptionRefused, { what: "the new rights", every: 100 });
    const awake = await connectClient(url, session, "nightlight/ann/commands");
    await boss.publishAsync("nightlight/shed/commands", "news", { qos: 1 });
    await boss.publishAsync("nightlight/ann/commands", "yours", { qos: 1 });
    await eventually(() => awake.got.some(({ text }) => text === "yours"), { what: "its own command" });
    expect(awake.got.map(({ text }) => text)).toEqual(["yours"]);
    await eventually(() => broker.stats.queued === 0, { what: "the queue to be empty" });
  });

  test("adding the first user disconnects clients without an account", async () => {
    const { url, folder } = await startBrokerWithAccounts({});
    const guest = await connectClient(url, { clientId: randomUUID() });
    await addUsers(folder, { boss: "admin" });
    await eventually(() => !guest.connected, { what: "the connection to end" });
    expect(await refusalCode(url, {})).toBe(5);
  });
});
