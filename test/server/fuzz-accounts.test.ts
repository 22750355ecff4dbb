/** Fuzz tests with clients that log in and then send random data: permissions hold, and other clients are not affected. */
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { createRandom, type Random } from "../chaos/random.js";
import { eventually } from "../support/eventually.js";
import { IS_LONG_RUN, getTestSeed } from "../support/seed.js";
import { addUsers, loginOf, startBrokerWithAccounts, passwordOf } from "./support/guarded.js";
import { ask } from "./support/http-app.js";
import { createConnectPacket, connectRawClientAs } from "./support/raw.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

const USERS = { boss: "admin", eyes: "reader", porch: { device: "nightlight/porch" }, shed: { device: "nightlight/shed" } } as const; // prettier-ignore
/** The payload of every message of the attacker. */
const ATTACK_PAYLOAD = "evil";
const ALLOWED_PUBLISH_TOPICS = { porch: /^nightlight\/porch\/(telemetry|status|replies)$/, eyes: /$^/ };
const ALLOWED_RECEIVE_TOPICS = { porch: /^nightlight\/(status|porch\/(commands|config|set|decision))$/, eyes: /^[^$]/ };

const TOPIC_LEVELS = ["nightlight", "porch", "shed", "zones", "hall", "+", "#", "", "$SYS", "$share", "é", "telemetry", "commands", "set", "status"]; // prettier-ignore

function drawTopic(random: Random): string {
  const own = [
    "nightlight/porch/telemetry",
    "nightlight/shed/telemetry",
    "nightlight/shed/commands",
    "nightlight/status",
  ];
  if (random.drawInteger(0, 2) === 0) return random.pick(own);
  return Array.from({ length: random.drawInteger(1, 5) }, () => random.pick(TOPIC_LEVELS)).join("/");
}

function drawPacket(random: Random): Packet {
  const qos = random.pick([0, 1, 2] as const);
  const messageId = random.drawInteger(1, 20);
  const made: (() => Packet)[] = [
    () => ({ cmd: "publish", topic: drawTopic(random).replace(/[+#]/g, "x") || "x", payload: ATTACK_PAYLOAD, qos, messageId, retain: random.drawInteger(0, 1) === 1, dup: qos > 0 && random.drawInteger(0, 3) === 0 }), // prettier-ignore
    () => ({ cmd: "subscribe", messageId, subscriptions: [{ topic: drawTopic(random) || "x", qos }] }),
    () => ({ cmd: "unsubscribe", messageId, unsubscriptions: [drawTopic(random) || "x"] }),
    () => ({ cmd: random.pick(["puback", "pubrec", "pubrel", "pubcomp"] as const), messageId }),
    () => ({ cmd: "pingreq" }),
    () => createConnectPacket("again", { username: "boss", password: Buffer.from("guess") }),
    () => ({ cmd: "disconnect" }),
  ];
  // choose a second CONNECT or DISCONNECT in only one of 20 cases, because these packets end the connection
  return made[random.drawInteger(0, 19) === 0 ? random.drawInteger(5, 6) : random.drawInteger(0, 4)]();
}

/** Encodes a few random packets, and damages the bytes in one of four cases. */
function drawPacketBytes(random: Random): Buffer {
  const whole = Buffer.concat(Array.from({ length: random.drawInteger(1, 8) }, () => generate(drawPacket(random))));
  if (random.drawInteger(0, 3) > 0) return whole;
  for (let flips = random.drawInteger(1, 4); flips > 0; flips--)
    whole[random.drawInteger(0, whole.length - 1)] = random.drawInteger(0, 255);
  return whole.subarray(0, random.drawInteger(1, whole.length));
}

test("a board and a reader that send random packets cannot exceed their permissions or affect other clients", async () => {
  const random = createRandom(getTestSeed());
  const broker = await startBrokerWithAccounts(USERS);
  const boss = await connectClient(broker.url, loginOf("boss"), "#");
  const shed = await connectClient(broker.url, loginOf("shed"), "nightlight/shed/commands");
  const rounds = IS_LONG_RUN ? 3000 : 60;
  for (let round = 0; round < rounds; round++) {
    const name = random.pick(["porch", "eyes"] as const);
    const attacker = await connectRawClientAs(broker.url, `x${random.drawInteger(0, 5)}`, loginOf(name), {
      clean: random.drawInteger(0, 1) === 1,
    });
    const sent = drawPacketBytes(random);
    attacker.sendBytes(sent);
    const seen = shed.got.length;
    await shed.publishAsync("nightlight/shed/telemetry", String(round), { qos: 1 });
    await eventually(() => shed.got.length > seen, { what: `the answer to the other board in round ${round}` });
    for (const got of attacker.packets)
      if (got.cmd === "publish")
        expect(got.topic, `round ${round}: ${sent.toString("hex")}`).toMatch(ALLOWED_RECEIVE_TOPICS[name]);
    attacker.socket.destroy();
  }
  const evil = [...broker.got.map(([topic, text]) => ({ topic, text })), ...boss.got].filter(
    ({ text }) => text === ATTACK_PAYLOAD,
  );
  for (const { topic } of evil) expect(topic).toMatch(/^nightlight\/porch\//);
  // porch may publish to every topic except `commands`, on which the test's server answers readings with the same payload
  for (const { topic } of evil) if (!topic.endsWith("/commands")) expect(topic).toMatch(ALLOWED_PUBLISH_TOPICS.porch);
  expect(boss.connected && shed.connected).toBe(true);
  expect(broker.got.length).toBeGreaterThanOrEqual(rounds);
});

test("random HTTP requests get valid answers, and only those of an administrator change anything", async () => {
  const data = await createTemporaryFolder();
  await addUsers(data, USERS);
  const { httpUrl, devices } = await startTestServer({ data });
  const createBasicAuth = (name: string): object => ({ authorization: `Basic ${Buffer.from(`${name}:${passwordOf(name)}`).toString("base64")}` }); // prettier-ignore
  const put = { method: "PUT", headers: { ...createBasicAuth("eyes"), "content-type": "application/json" } };
  expect((await ask(httpUrl!, "/api/devices/nightlight/porch/mode", { ...put, body: { mode: "on" } })).status).toBe(
    403,
  );

  // /api/events is left out because its response never ends
  const piece = fc.constantFrom("api", "devices", "zones", "sessions", "history", "history.csv", "recent", "status", "session", "openapi.json", "mode", "actions", "nightlight", "porch", "1", "..", "%2f", "%00", "%", ""); // prettier-ignore
  const query = fc.dictionary(fc.constantFrom("device", "from", "to", "points", "client_id", "account", "x"), fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("nightlight/porch", "-1", "1e999", "2026-01-01")), { maxKeys: 4 }); // prettier-ignore
  const path = fc.tuple(fc.array(piece, { maxLength: 6 }), query).map(([pieces, keys]) => `/api/${pieces.join("/")}?${new URLSearchParams(keys)}`); // prettier-ignore
  const known = fc.constantFrom("/api/devices/nightlight/porch/mode", "/api/zones/hall/mode", "/api/devices/nightlight/porch/actions?wait=0", "/api/sessions?client_id=x", "/api/history?device=nightlight/porch"); // prettier-ignore
  const body = fc.oneof(fc.json(), fc.record({ mode: fc.anything(), for: fc.anything(), action: fc.anything(), expires: fc.anything() }, { requiredKeys: [] }).map((value) => JSON.stringify(value)), fc.string()); // prettier-ignore
  const method = fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS");
  const property = fc.asyncProperty(
    fc.constantFrom("boss", "eyes", "porch"),
    method,
    fc.oneof(path, known),
    body,
    async (name, m, p, text) => {
      const headers = {
        ...createBasicAuth(name),
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      };
      const { status, json } = await ask(httpUrl!, p, { method: m, headers, body: text });
      expect([200, 202, 204, 302, 400, 401, 403, 404, 405, 409, 413, 415, 429, 503]).toContain(status);
      if (status >= 400 && m !== "HEAD") expect(json.error).toMatch(/^["A-Z]/);
      if (name === "porch" && !p.includes("session")) expect(status).not.toBe(200);
      if (name === "eyes" && !["GET", "HEAD"].includes(m)) expect(status).toBeGreaterThanOrEqual(400);
    },
  );
  await fc.assert(property, { numRuns: IS_LONG_RUN ? 20_000 : 400, seed: getTestSeed() });
  expect((await ask(httpUrl!, "/api/devices", { headers: { ...createBasicAuth("eyes") } })).status).toBe(200);
  expect(devices.size).toBe(0);
});
