/** Tests invalid messages: the server counts each one with its reason, keeps running, and processes the next valid message. */
import net from "node:net";
import { describe, expect, test } from "vitest";
import { createLog } from "../../server/src/observability/log.js";
import { MAX_SKIPPED_PACKET_SIZE } from "../../server/src/broker/inbound.js";
import { eventually } from "../support/eventually.js";
import { connectClient, startTestServer } from "./support/server.js";

const MEGABYTE_PAYLOAD = Buffer.alloc(1_000_000, "x");

describe("an invalid reading", () => {
  test.each<[what: string, payload: string | Buffer, reason: string]>([
    ["nothing", "", "empty"],
    ["broken JSON", '{"light": 2', "not-json"],
    ["JSON twice", '{"light":1}{"light":2}', "not-json"],
    ["no object", "212", "not-json"],
    ["null", "null", "not-json"],
    ["an array", "[212]", "not-json"],
    ["binary", Buffer.from([0, 255, 1, 254]), "not-json"],
    ["JSON nested 1,000 deep", '{"a":'.repeat(1000), "too-large"],
    ["JSON nested 100 deep", '{"light":1,"a":' + "[".repeat(100), "not-json"],
    ["1 MB", MEGABYTE_PAYLOAD, "too-large"],
    ["a wrong type", '{"light":"212"}', "wrong-fields"],
    ["light 1e9", '{"light":1e9}', "wrong-fields"],
    ["light -1", '{"light":-1}', "wrong-fields"],
    ["light 1e999", '{"light":1e999}', "wrong-fields"],
    ["no light", '{"led_on":true}', "wrong-fields"],
    ["light null", '{"light":null}', "wrong-fields"],
    ["a prototype", '{"__proto__":{"light":212}}', "wrong-fields"],
    ["a wrong optional field", '{"light":212,"seq":"x"}', "wrong-fields"],
  ])("a payload of %s is counted, logged, and has no effect", async (_what, payload, reason) => {
    const lines: string[] = [];
    const log = createLog("json", { output: { write: (text: string) => lines.push(text) } });
    const { brokerUrl, counters, devices } = await startTestServer({ log });
    const device = await connectClient(brokerUrl, {}, "porch/commands");
    await device.publishAsync("porch/telemetry", payload, { qos: 1 });
    await device.publishAsync("porch/telemetry", '{"light":212}', { qos: 1 });
    await eventually(() => device.got.length > 0, { what: "the answer to the next good reading" });
    expect(device.got).toHaveLength(1);
    expect(counters.rejected).toEqual({ [reason]: 1 });
    expect(devices.get("porch")).toMatchObject({ light: 212, led_on: true });
    log.flush();
    expect(lines.join("")).toContain(`"reason":"${reason}"`);
  });

  test("a reading with non-ASCII text in an unknown field is accepted", async () => {
    const { brokerUrl, counters } = await startTestServer();
    const device = await connectClient(brokerUrl, {}, "porch/commands");
    await device.publishAsync("porch/telemetry", '{"light":212,"name":"Küche 💡"}');
    await eventually(() => device.got.length > 0, { what: "the answer" });
    expect(counters.rejected).toEqual({});
  });
});

describe("a topic without a valid device id", () => {
  test.each(["näh/telemetry", "/telemetry", "💡/telemetry", "x".repeat(97) + "/telemetry"])(
    "%j is counted as a bad id",
    async (topic) => {
      const { brokerUrl, counters, devices } = await startTestServer();
      const device = await connectClient(brokerUrl);
      await device.publishAsync(topic, '{"light":212}', { qos: 1 });
      await eventually(() => counters.rejected["bad-id"] === 1, { what: "the counter" });
      expect(devices.size).toBe(0);
    },
  );

  test("the server ignores topics of other applications", async () => {
    const { brokerUrl, counters, devices } = await startTestServer();
    const other = await connectClient(brokerUrl);
    for (const topic of ["home/temperature", "telemetry", "a/telemetry/b", "__proto__", "constructor/x"])
      await other.publishAsync(topic, "21.5", { qos: 1 });
    await other.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => devices.size === 1, { what: "the device" });
    expect(counters.rejected).toEqual({});
  });

  test("a device can have the name of a JavaScript object property as its id", async () => {
    const { brokerUrl, devices } = await startTestServer();
    const device = await connectClient(brokerUrl);
    const ids = ["__proto__", "constructor", "toString"];
    for (const id of ids) await device.publishAsync(`${id}/telemetry`, '{"light":1}', { qos: 1 });
    await eventually(() => devices.size === ids.length, { what: "the devices" });
    expect(ids.map((id) => devices.get(id)?.light)).toEqual([1, 1, 1]);
  });
});

test("an override for an unknown device is counted and creates no device", async () => {
  const { brokerUrl, counters, devices } = await startTestServer();
  const app = await connectClient(brokerUrl);
  await app.publishAsync("ghost/set", '{"mode":"on"}', { qos: 1 });
  await eventually(() => counters.rejected["unknown-device"] === 1, { what: "the counter" });
  expect(devices.size).toBe(0);
});

test("the server's own status topic does not create a device", async () => {
  const { brokerUrl, devices } = await startTestServer();
  const app = await connectClient(brokerUrl);
  await app.publishAsync("nightlight/status", '{"online":true}', { qos: 1 });
  await app.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => devices.size > 0, { what: "the device" });
  expect(devices.list().map(({ id }) => id)).toEqual(["nightlight/porch"]);
});

describe("a client that violates MQTT", () => {
  /** Sends bytes over plain TCP and waits until the broker closes the connection. */
  async function sendBytes(url: string, ...chunks: Buffer[]): Promise<void> {
    const socket = net.connect(Number(new URL(url).port), "127.0.0.1");
    let closed = false;
    socket.on("close", () => (closed = true)).on("error", () => {});
    // read the answers, because a paused socket never emits "close"
    socket.resume();
    for (const chunk of chunks) socket.write(chunk);
    await eventually(() => closed, { what: "the connection to be closed" });
  }

  const CONNECT = Buffer.from("100d00044d51545404020000000141", "hex");

  test.each<[what: string, bytes: Buffer]>([
    ["garbage", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a length that never ends", Buffer.concat([CONNECT, Buffer.from("30ffffffffff", "hex")])],
    ["reserved flags", Buffer.concat([CONNECT, Buffer.from("8000", "hex")])],
  ])("a client that sends %s is disconnected and counted", async (_what, bytes) => {
    const { brokerUrl, counters } = await startTestServer();
    await sendBytes(brokerUrl, bytes);
    await eventually(() => counters.rejected["malformed-packet"] === 1, { what: "the counter" });
    await connectClient(brokerUrl);
  });

  test("a client is disconnected as soon as the header announces a packet above the limit", async () => {
    const { brokerUrl, counters } = await startTestServer();
    const length = MAX_SKIPPED_PACKET_SIZE + 1;
    const announced = [
      0x30,
      (length & 127) | 128,
      ((length >> 7) & 127) | 128,
      ((length >> 14) & 127) | 128,
      length >> 21,
    ];
    await sendBytes(brokerUrl, CONNECT, Buffer.from(announced));
    await eventually(() => counters.rejected["too-large"] === 1, { what: "the counter" });
    await connectClient(brokerUrl);
  });

  test("a client is disconnected and counted when the topic of a reading contains a control character", async () => {
    const { brokerUrl, counters, devices } = await startTestServer();
    const topic = Buffer.from("a\u0001b/telemetry");
    await sendBytes(brokerUrl, CONNECT, Buffer.from([0x30, topic.length + 14, 0, topic.length]), topic, Buffer.from('{"light":212}')); // prettier-ignore
    await eventually(() => counters.rejected["malformed-packet"] === 1, { what: "the counter" });
    expect(devices.size).toBe(0);
  });

  test("a client that publishes below $SYS stays connected; the message is counted and has no effect", async () => {
    const { brokerUrl, counters, devices } = await startTestServer();
    const intruder = await connectClient(brokerUrl);
    await intruder.publishAsync("$SYS/x/telemetry", '{"light":1}', { qos: 0 });
    await eventually(() => counters.rejected["not-allowed"] === 1, { what: "the counter" });
    await intruder.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
    expect(devices.list().map(({ id }) => id)).toEqual(["porch"]);
  });
});

test("a reading that comes twice is counted as a duplicate and answered once", async () => {
  const { brokerUrl, counters } = await startTestServer();
  const device = await connectClient(brokerUrl, {}, "porch/commands");
  for (const seq of [1, 2, 2, 1, 3])
    await device.publishAsync("porch/telemetry", `{"light":9,"boot":7,"seq":${seq}}`, { qos: 1 });
  await device.publishAsync("porch/telemetry", '{"light":9}', { qos: 1 });
  await device.publishAsync("porch/telemetry", '{"light":9}', { qos: 1 });
  await eventually(() => counters.received === 7, { what: "seven readings" });
  await eventually(() => device.got.length === 5, { what: "five answers" });
  expect(counters.duplicates).toBe(2);
  expect(counters.sent).toBe(5);
});
