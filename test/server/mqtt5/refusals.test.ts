/** Tests the reason codes and reason strings of MQTT 5.0, and that permissions are the same as in 3.1.1. */
import type { IClientOptions } from "mqtt";
import type { Packet } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { changeUsers } from "../../../server/src/security/users-file.js";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { loginOf, startBrokerWithAccounts, passwordOf } from "../support/guarded.js";
import { connectClient5 } from "../support/mqtt5.js";
import { connectRawClient, type RawClient } from "../support/raw.js";
import { connectClient, startTestServer } from "../support/server.js";

const USERS = { boss: "admin", eyes: "reader", porch: { device: "nightlight/porch" } } as const;

type ConnectOptions = Parameters<typeof connectRawClient>[2];

/** Connects a client that sends raw packets. */
const connectRaw5 = (url: string, user?: string, options: ConnectOptions = {}): Promise<RawClient> => {
  const login = user === undefined ? {} : { username: user, password: Buffer.from(passwordOf(user)) };
  return connectRawClient(url, "id", { protocolVersion: 5, ...login, ...options });
};

const matchReason = (text: string) => ({ properties: { reasonString: expect.stringContaining(text) } });

describe("CONNACK with a reason code and a reason string", () => {
  test.each<[what: string, user: string | undefined, options: ConnectOptions, code: number, reason: string]>([
    ["a wrong password", "boss", { password: Buffer.from("wrong") }, 0x86, "the user name or the password is wrong"],
    ["a client without a user name", undefined, {}, 0x87, "no user name was given"],
    ["a will on a topic of others", "porch", { will: { topic: "nightlight/shed/status", payload: Buffer.from("x"), qos: 1, retain: false } }, 0x87, "may not have a will on nightlight/shed/status"],
    ["a will above the limit", "boss", { will: { topic: "t", payload: Buffer.alloc(40_000), qos: 1, retain: false } }, 0x95, "a will of 40000 bytes"],
    ["a client id of 257 characters", "boss", { clientId: "x".repeat(257) }, 0x85, "at most 256 characters"],
    ["enhanced authentication", "boss", { properties: { authenticationMethod: "SCRAM" } }, 0x8c, "is not supported"],
  ])("CONNACK refuses %s", async (_what, user, options, reasonCode, reason) => {
    const { url, rejected } = await startBrokerWithAccounts(USERS, { limits: { payload: 32_768 } });
    const refused = await connectRaw5(url, user, options);
    expect(refused.packets).toMatchObject([{ cmd: "connack", reasonCode, ...matchReason(reason) }]);
    await refused.waitForClose();
    expect(rejected).toHaveLength(1);
  }); // prettier-ignore

  test("CONNACK refuses a client whose account has the maximum number of sessions", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { sessions: 1 } });
    const session = { clean: false, properties: { sessionExpiryInterval: 60 } };
    await connectRaw5(url, "boss", session);
    const refused = await connectRaw5(url, "boss", { ...session, clientId: "another" });
    expect(refused.packets).toMatchObject([{ reasonCode: 0x97, ...matchReason("its account has 1 sessions already") }]);
  });
});

describe("a board", () => {
  const elsewhere = "nightlight/shed/telemetry";

  test.each([true, false])(
    "a board receives a reason string for a refused publish or subscription, if it requests them (%s)",
    async (wants) => {
      const { url } = await startBrokerWithAccounts(USERS);
      const board = await connectRaw5(url, "porch", { properties: { requestProblemInformation: wants } });
      for (const qos of [1, 2] as const)
        board.send({ cmd: "publish", topic: elsewhere, payload: "x", qos, dup: false, retain: false, messageId: qos });
      const filters = ["nightlight/porch/commands", "#", elsewhere];
      board.send({ cmd: "subscribe", messageId: 3, subscriptions: filters.map((topic) => ({ topic, qos: 1 })) });
      const answers: Packet[] = [
        await board.waitForPacket("puback"),
        await board.waitForPacket("pubrec"),
        await board.waitForPacket("suback"),
      ];
      expect(answers).toMatchObject([{ reasonCode: 0x87 }, { reasonCode: 0x87 }, { granted: [1, 0x87, 0x87] }]);
      const reasons = answers.map(
        (packet) => (packet as { properties?: { reasonString?: string } }).properties?.reasonString,
      );
      const publishing = `may not publish on ${elsewhere}`;
      const subscribing = `may not subscribe to #; may not subscribe to ${elsewhere}`;
      expect(reasons).toEqual(wants ? [publishing, publishing, subscribing] : [undefined, undefined, undefined]);
    },
  );

  test("a board stays connected when it publishes elsewhere, at any QoS, and on a topic of any length", async () => {
    const { url, got } = await startBrokerWithAccounts(USERS);
    const board = await connectClient5(url, loginOf("porch"));
    await board.publishAsync(elsewhere, "x", { qos: 0 });
    for (const topic of [elsewhere, "t".repeat(65_535)])
      await expect(board.publishAsync(topic, "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
    await board.publishAsync("nightlight/porch/telemetry", "own", { qos: 1 });
    expect(got).toEqual([["nightlight/porch/telemetry", "own"]]);
  });
});

describe("an app", () => {
  test("an app learns why the server does not accept an override, and stays connected", async () => {
    const server = await startTestServer();
    const app = await connectClient5(server.brokerUrl);
    await app.publishAsync("nightlight/porch/telemetry", '{"light":5}', { qos: 1 });
    const reasons = [
      ["nightlight/shed/set", '{"mode":"on"}', "no device of this id has been heard"],
      ["nightlight/porch/set", '{"mode":"maybe"}', "mode"],
      ["nightlight/porch/set", "on", "JSON"],
    ] as const;
    const answers: Packet[] = [];
    app.on("packetreceive", (packet) => answers.push(packet));
    for (const [topic, payload, reason] of reasons)
      for (const qos of [1, 2] as const) {
        await expect(app.publishAsync(topic, payload, { qos })).rejects.toMatchObject({ code: 0x83 });
        expect(answers.at(-1)).toMatchObject(matchReason(reason));
      }
    await app.publishAsync("nightlight/porch/set", '{"mode":"off"}', { qos: 1 });
    expect(server.devices.get("nightlight/porch")?.mode).toBe("off");
    // clients of MQTT 3.1.1 cannot be told, so the message is acknowledged
    const older = await connectClient(server.brokerUrl);
    await older.publishAsync("nightlight/shed/set", '{"mode":"on"}', { qos: 1 });
  });
});

describe("DISCONNECT", () => {
  test("DISCONNECT gives the reason when the account was removed", async () => {
    const { url, folder } = await startBrokerWithAccounts(USERS);
    const board = await connectRaw5(url, "porch");
    await changeUsers(folder, (users) => void users.delete("porch"));
    expect(await board.waitForPacket("disconnect")).toMatchObject({
      reasonCode: 0x87,
      ...matchReason("the account has changed"),
    });
    await board.waitForClose();
  });

  test("DISCONNECT gives the reason when another connection takes the session over", async () => {
    const { url } = await startBrokerWithAccounts(USERS);
    const board = await connectRaw5(url, "porch");
    await connectRaw5(url, "porch");
    expect(await board.waitForPacket("disconnect")).toMatchObject({
      reasonCode: 0x8e,
      ...matchReason("another client connected"),
    });
    await board.waitForClose();
  });

  test("DISCONNECT gives the reason when the broker shuts down", async () => {
    const bare = await startBareBroker();
    const board = await connectRaw5(bare.url);
    await bare.close();
    expect(await board.waitForPacket("disconnect")).toMatchObject({
      reasonCode: 0x8b,
      ...matchReason("shutting down"),
    });
  });

  test("DISCONNECT gives the reason when an operator ends the session", async () => {
    const { url, broker } = await startBareBroker();
    const board = await connectRaw5(url, undefined, { clean: false, properties: { sessionExpiryInterval: 60 } });
    expect(await broker.sessions.end(null, "id")).toBe(true);
    expect(await board.waitForPacket("disconnect")).toMatchObject({
      reasonCode: 0x98,
      ...matchReason("the session has ended: an administrator ended it"),
    });
  });
});

describe.each([4, 5] as const)("with protocol version %i", (protocolVersion) => {
  /** Connects a client with a session expiry interval of 60 s, or with a clean session. */
  const connectAs = (url: string, user: string, clientId?: string, options: IClientOptions = {}) =>
    connectClient(url, {
      ...{ protocolVersion, ...loginOf(user) },
      ...(clientId && {
        clientId,
        clean: false,
        ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 60 } }),
      }),
      ...options,
    });
  const refusalCode = (user: string, options: IClientOptions, url: string): Promise<number | undefined> =>
    connectAs(url, user, undefined, options).then(() => undefined, (error: unknown) => (error as { code?: number }).code); // prettier-ignore

  test("a login fails with a wrong password, without one, or with an unknown user name", async () => {
    const { url, rejected } = await startBrokerWithAccounts(USERS);
    const refused = protocolVersion === 5 ? 0x86 : 4;
    for (const password of ["wrong", ""]) expect(await refusalCode("boss", { password }, url)).toBe(refused);
    expect(await refusalCode("nobody", {}, url)).toBe(refused);
    expect(rejected.map(([reason]) => reason)).toEqual(["bad-login", "bad-login", "bad-login"]);
  });

  test("a board publishes and receives on its own topics only, also from its queue", async () => {
    const { url, got, rejected } = await startBrokerWithAccounts(USERS);
    const board = await connectAs(url, "porch", "b");
    await board
      .subscribeAsync(["nightlight/porch/commands", "nightlight/shed/commands", "#"], { qos: 1 })
      .catch(() => {});
    await board.publishAsync("nightlight/porch/telemetry", "mine", { qos: 1 });
    await board.publishAsync("nightlight/shed/telemetry", "not mine", { qos: 1 }).catch(() => {});
    await eventually(() => board.got.length === 1, { what: "the answer" });
    await board.endAsync();
    const boss = await connectAs(url, "boss");
    for (const name of ["shed", "porch"]) await boss.publishAsync(`nightlight/${name}/commands`, name, { qos: 1 });
    const back = await connectAs(url, "porch", "b");
    await eventually(() => back.got.length > 0, { what: "its queue" });
    expect([...board.got, ...back.got].map(({ text }) => text)).toEqual(["mine", "porch"]);
    expect(got.map(([, text]) => text)).toEqual(["mine", "shed", "porch"]);
    expect(rejected.map(([reason]) => reason)).toEqual(["not-allowed", "not-allowed", "not-allowed"]);
  });

  test("a reader receives everything and publishes nothing", async () => {
    const { url, got } = await startBrokerWithAccounts(USERS);
    const eyes = await connectAs(url, "eyes");
    await eyes.subscribeAsync("#", { qos: 1 });
    await eyes.publishAsync("nightlight/porch/set", "x", { qos: 1 }).catch(() => {});
    await (await connectAs(url, "boss")).publishAsync("a/b", "1", { qos: 1 });
    await eventually(() => eyes.got.some(({ topic }) => topic === "a/b"), { what: "a message" });
    expect(got).toEqual([["a/b", "1"]]);
    expect(eyes.got.map(({ topic }) => topic)).not.toContain("nightlight/porch/set");
  });

  test("a session belongs to its account, and an account has no more sessions than the limit", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { sessions: 1 } });
    const board = await connectAs(url, "porch", "same");
    await connectAs(url, "boss", "same");
    expect(board.connected).toBe(true);
    await expect(connectAs(url, "boss", "other")).rejects.toMatchObject({ code: protocolVersion === 5 ? 0x97 : 3 });
  });

  test("a board with a will on a topic of others is refused; a will on its own topic is published", async () => {
    const { url, got } = await startBrokerWithAccounts(USERS);
    const createWillOn = (topic: string) =>
      ({ will: { topic, payload: Buffer.from("gone"), qos: 1, retain: false } }) as const;
    expect(await refusalCode("porch", createWillOn("nightlight/shed/status"), url)).toBe(
      protocolVersion === 5 ? 0x87 : 5,
    );
    (await connectAs(url, "porch", undefined, createWillOn("nightlight/porch/status"))).stream.destroy();
    await eventually(() => got.length > 0, { what: "the will" });
    expect(got).toEqual([["nightlight/porch/status", "gone"]]);
  });

  test("a user that is removed is disconnected", async () => {
    const { url, folder } = await startBrokerWithAccounts(USERS);
    const board = await connectAs(url, "porch");
    await changeUsers(folder, (users) => void users.delete("porch"));
    await eventually(() => !board.connected, { what: "the end of the connection" });
  });
});
