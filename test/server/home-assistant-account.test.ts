/** Tests docs/how-to/home-assistant.md: an account with the role of Home Assistant has every right it needs, and no other. */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { addUsers, loginOf, passwordOf } from "./support/guarded.js";
import { ask } from "./support/http-app.js";
import { connectClient5, textsOf } from "./support/mqtt5.js";
import { connectClient, createTemporaryFolder, startTestServer } from "./support/server.js";

const USERS = {
  boss: "admin",
  tablet: "reader",
  homeassistant: "home-assistant",
  porch: { device: "nightlight/porch" },
} as const;

/** Connects like Home Assistant with MQTT 5: a will, the subscriptions for discovery, and the birth message. */
async function connectHomeAssistant(url: string) {
  const will = { topic: "homeassistant/status", payload: Buffer.from("offline"), qos: 0, retain: false } as const;
  const ha = await connectClient5(url, { ...loginOf("homeassistant"), clientId: "5vJ6WkzPqA1cGcOZqGyVxR", will });
  const filters = ["homeassistant/+/+/config", "homeassistant/+/+/+/config", "homeassistant/device/+/config"];
  for (const granted of await ha.subscribeAsync(filters, { qos: 0 })) expect(granted.qos).toBe(0);
  await ha.publishAsync("homeassistant/status", "online", { qos: 0 });
  return ha;
}

async function startServerWithUsers() {
  const data = await createTemporaryFolder();
  await addUsers(data, USERS);
  const server = await startTestServer({ data });
  const board = await connectClient(server.brokerUrl, loginOf("porch"), "nightlight/porch/commands");
  await board.publishAsync("nightlight/porch/status", '{"online":true}', { qos: 1, retain: true });
  await board.publishAsync("nightlight/porch/telemetry", '{"light":900}', { qos: 1 });
  return { server, board };
}

const basicAuthorizationOf = (name: string): string =>
  `Basic ${Buffer.from(`${name}:${passwordOf(name)}`).toString("base64")}`;

test("the account of Home Assistant finds a board, sees its values and switches its lamp, over MQTT 5", async () => {
  const { server, board } = await startServerWithUsers();
  const ha = await connectHomeAssistant(server.brokerUrl);
  const found = await eventually(() => ha.received.find(({ topic }) => topic.endsWith("/config")), {
    what: "the discovery message",
  });
  const { components } = JSON.parse(String(found.payload)) as {
    components: Record<string, { state_topic: string; command_topic?: string; payload_on?: string }>;
  };
  const topics = Object.values(components).map(({ state_topic: topic }) => topic);
  for (const granted of await ha.subscribeAsync([...new Set(topics), "nightlight/status"], { qos: 1 }))
    expect(granted.qos).toBe(1);
  await ha.publishAsync(components.lamp.command_topic!, components.lamp.payload_on!, { qos: 1 });
  await eventually(() => board.got.some(({ text }) => text.includes('"led_on":true')), { what: "the lamp to be on" });
  await eventually(() => textsOf(ha.received).some((text) => text.includes('"mode":"on"')), { what: "the new mode" });
  expect(server.counters.rejected).toEqual({});
});

test("a message that Home Assistant may not publish is refused with a reason, and administrators see it", async () => {
  const { server, board } = await startServerWithUsers();
  const ha = await connectHomeAssistant(server.brokerUrl);
  const refuse = (topic: string) => ha.publishAsync(topic, "x", { qos: 1 });
  for (let n = 0; n < 2; n++) await expect(refuse("nightlight/porch/commands")).rejects.toMatchObject({ code: 0x87 });
  await expect(refuse("nightlight/porch/config")).rejects.toMatchObject({ code: 0x87 });
  // this account may publish there, but no such board has reported
  const unusable = ha.publishAsync("nightlight/shed/set", '{"mode":"on"}', { qos: 1 });
  await expect(unusable).rejects.toMatchObject({ code: 0x83 });
  expect(ha.connected).toBe(true);
  expect(board.got.map(({ text }) => text)).not.toContain("x");

  const list = (user: string) =>
    ask(server.httpUrl!, "/api/rejections", { headers: { authorization: basicAuthorizationOf(user) } });
  const { status, text } = await list("boss");
  expect(status).toBe(200);
  const sender = { account: "homeassistant", client_id: "5vJ6WkzPqA1cGcOZqGyVxR" };
  expect(JSON.parse(text)).toMatchObject([
    { reason: "unknown-device", topic: "nightlight/shed/set", account: null, count: 1 },
    { reason: "not-allowed", ...sender, topic: "nightlight/porch/config", count: 1 },
    {
      ...{ reason: "not-allowed", ...sender, topic: "nightlight/porch/commands", count: 2 },
      problem: "may not publish on nightlight/porch/commands",
    },
  ]);
  for (const user of ["tablet", "homeassistant", "porch"]) expect((await list(user)).status).toBe(403);
});

test("the account of Home Assistant cannot log in to the dashboard and cannot have a token", async () => {
  const { server } = await startServerWithUsers();
  const post = (path: string, body: object, headers = {}) =>
    ask(server.httpUrl!, path, { method: "POST", body, headers });
  const login = await post("/api/login", { name: "homeassistant", password: passwordOf("homeassistant") });
  expect(login).toMatchObject({ status: 403, text: expect.stringContaining("the account of Home Assistant") });
  const token = await post("/api/users/homeassistant/tokens", {}, { authorization: basicAuthorizationOf("boss") });
  expect(token).toMatchObject({ status: 409, text: expect.stringContaining("homeassistant is Home Assistant") });
});
