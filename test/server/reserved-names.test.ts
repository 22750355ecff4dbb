/** Tests that users can choose names such as `constructor`, which are properties of JavaScript objects. */
import mqtt from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { loadConfigText } from "./support/config.js";
import { connectClient, UNLIMITED_HISTORY, startTestServer, createTemporaryFolder } from "./support/server.js";

const RESERVED_NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "valueOf"];

async function requestApi(url: string, path: string, body?: unknown): Promise<unknown> {
  const method = body === undefined ? "GET" : "PUT";
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/api/${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

test("a board may be named like an object property: it is answered, overridden, recorded and restored", async () => {
  const data = await createTemporaryFolder();
  const first = await startTestServer({ data, history: UNLIMITED_HISTORY });
  const lamps = await connectClient(first.brokerUrl, {}, "+/commands");
  const lastCommandOf = (id: string) => lamps.got.findLast(({ topic }) => topic === `${id}/commands`)?.text;
  for (const id of RESERVED_NAMES) {
    await lamps.publishAsync(`${id}/telemetry`, '{"light":5}', { qos: 1 });
    await eventually(() => lastCommandOf(id) === '{"led_on":true}', { what: "the command" });
    await requestApi(first.httpUrl!, `devices/${id}/mode`, { mode: "off" });
    await eventually(() => lastCommandOf(id) === '{"led_on":false}', { what: "the override's command" });
  }
  await first.close();

  const { httpUrl } = await startTestServer({ data, history: UNLIMITED_HISTORY });
  const devices = (await requestApi(httpUrl!, "devices")) as { id: string; mode: string }[];
  expect(devices.map(({ id, mode }) => `${id} ${mode}`).sort()).toEqual(RESERVED_NAMES.map((id) => `${id} off`).sort());
  for (const id of RESERVED_NAMES) {
    const { points } = (await requestApi(httpUrl!, `history?device=${id}`)) as { points: unknown[] };
    expect([id, points.length]).toEqual([id, 1]);
  }
  expect(({} as Record<string, unknown>).mode).toBeUndefined();
});

test("a zone may be named like an object property, and be overridden", async () => {
  const names = RESERVED_NAMES.filter((name) => name !== "__proto__");
  const zones = names.map((name, i) => `  ${name}: {sensors: [nightlight/s${i}], lamps: [nightlight/l${i}]}`);
  const { policy } = (await loadConfigText(`zones:\n${zones.join("\n")}`)).options;
  const data = await createTemporaryFolder();
  const first = await startTestServer({ data, policy });
  for (const name of names) await requestApi(first.httpUrl!, `zones/${name}/mode`, { mode: "on" });
  await first.close();
  const second = await startTestServer({ data, policy });
  const views = names.map((name) => expect.objectContaining({ name, mode: "on" }) as unknown);
  expect(await requestApi(second.httpUrl!, "zones")).toEqual(views);
});

test("a user property may be named like an object property, also in a queue", async () => {
  const data = await createTemporaryFolder();
  const first = await startTestServer({ data });
  const session = { protocolVersion: 5, clean: false, clientId: "sleeper", properties: { sessionExpiryInterval: 60 } } as const; // prettier-ignore
  const leaver = await connectClient(first.brokerUrl, session, "news");
  await leaver.endAsync();
  const publisher = await connectClient(first.brokerUrl, { protocolVersion: 5 });
  // in an object literal, __proto__ would set the prototype instead
  const userProperties = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  for (const [text, retain] of [["one", false], ["two", true]] as const)
    await publisher.publishAsync("news", text, { qos: 1, retain, properties: { userProperties } }); // prettier-ignore
  await publisher.publishAsync("news", "three", { qos: 1 });
  await first.close();

  const { brokerUrl } = await startTestServer({ data });
  const got: [string, string[]][] = [];
  const sleeper = mqtt.connect(brokerUrl, { ...session, reconnectPeriod: 0 });
  onTestFinished(() => void sleeper.end(true));
  sleeper.on("message", (_topic, payload, { properties }) => {
    got.push([payload.toString(), Object.keys(properties?.userProperties ?? {})]);
  });
  await eventually(() => got.length >= 3, { what: "the three messages" });
  const names = ["__proto__", "constructor"];
  expect(got).toEqual([["one", names], ["two", names], ["three", []]]); // prettier-ignore
});
