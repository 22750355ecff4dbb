import { describe, expect, test } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { LESSON_POLICY, type Policy, type ZonePolicy } from "../../server/src/decisions/policy.js";
import { eventually } from "../support/eventually.js";
import { connectClient, startTestServer, createTemporaryFolder, type TestClient } from "./support/server.js";

const STAND_ZONE: ZonePolicy = {
  name: "stand",
  sensors: ["nightlight/a", "nightlight/b", "nightlight/c"],
  lamps: ["nightlight/x", "nightlight/y"],
  combine: "median",
  at_least: 1,
  rule: { ...LESSON_RULE, hysteresis: 40 },
  stale_after: 90_000,
};
const POLICY: Policy = { ...LESSON_POLICY, zones: [STAND_ZONE] };

const publishLight = (mqtt: TestClient, id: string, light: number): Promise<unknown> =>
  mqtt.publishAsync(`nightlight/${id}/telemetry`, JSON.stringify({ light }), { qos: 1 });
const publishOverride = (mqtt: TestClient, id: string, override: object): Promise<unknown> =>
  mqtt.publishAsync(`nightlight/${id}/set`, JSON.stringify(override), { qos: 1 });
/** Returns the last message on a topic, parsed as JSON. */
const findLastMessage = <T>(mqtt: TestClient, topic: string): T | undefined => {
  const text = mqtt.got.findLast((got) => got.topic === topic)?.text;
  return text ? (JSON.parse(text) as T) : undefined;
};
/** Waits until one of the messages since number `from` has switched a lamp on, even if the lamp is off again. */
const waitForLampOn = (mqtt: TestClient, id: string, from = 0): Promise<unknown> => {
  const isOn = ({ topic, text }: TestClient["got"][number]): boolean =>
    topic === `nightlight/${id}/commands` && text.includes('"led_on":true');
  return eventually(() => mqtt.got.slice(from).some(isOn), { what: `${id} to have been on` });
};
const waitForLamp = (mqtt: TestClient, id: string, led_on: boolean): Promise<unknown> =>
  eventually(() => findLastMessage<{ led_on: boolean }>(mqtt, `nightlight/${id}/commands`)?.led_on === led_on, {
    what: `${id} to be ${led_on ? "on" : "off"}`,
  });

describe("a zone over MQTT", () => {
  test("a zone's sensors switch its lamps, but not the sensors' own lamps", async () => {
    const { brokerUrl } = await startTestServer({ policy: POLICY });
    const mqtt = await connectClient(brokerUrl, {}, "nightlight/+/commands");
    for (const id of ["x", "y"]) await publishLight(mqtt, id, 1000);
    await publishLight(mqtt, "a", 1000);
    await publishLight(mqtt, "b", 1000);
    await waitForLamp(mqtt, "x", false);
    await publishLight(mqtt, "a", 100);
    await waitForLamp(mqtt, "a", true);
    await publishLight(mqtt, "c", 100);
    for (const id of ["x", "y", "a", "c"]) await waitForLamp(mqtt, id, true);
    await waitForLamp(mqtt, "b", false);
  });

  test("a zone's boards receive its rule, so that they use it when they decide by themselves", async () => {
    const { brokerUrl } = await startTestServer({ policy: { ...POLICY, reporting: { heartbeat: 60_000 } } });
    const mqtt = await connectClient(brokerUrl, {}, "nightlight/+/config");
    for (const id of ["x", "a"])
      await mqtt.publishAsync(`nightlight/${id}/status`, '{"online":true}', { qos: 1, retain: true });
    const waitForConfig = (id: string): Promise<unknown> =>
      eventually(() => findLastMessage(mqtt, `nightlight/${id}/config`), { what: `the config of ${id}` });
    expect(await waitForConfig("x")).toMatchObject({ ...STAND_ZONE.rule, heartbeat: 60_000 });
    expect(await waitForConfig("a")).toMatchObject({ ...LESSON_RULE, heartbeat: 60_000 });
  });

  test("a message on <prefix>/zones/<name>/set overrides a zone, optionally for a duration", async () => {
    const { brokerUrl } = await startTestServer({ policy: POLICY });
    const mqtt = await connectClient(brokerUrl, {}, "nightlight/+/commands");
    for (const id of ["x", "y", "a"]) await publishLight(mqtt, id, 1000);
    await waitForLamp(mqtt, "y", false);
    const earlier = mqtt.got.length;
    await publishOverride(mqtt, "zones/stand", { mode: "on", for: 1000 });
    for (const id of ["x", "y"]) await waitForLampOn(mqtt, id, earlier);
    await waitForLamp(mqtt, "a", false);
    for (const id of ["x", "y"]) await waitForLamp(mqtt, id, false);
  });
});

describe("the decision on <id>/decision", () => {
  interface DecisionMessage {
    led_on?: boolean;
    mode: string;
    until?: number;
    reason: string;
  }

  test("the decision is retained and has the lamp state, the mode and the reason", async () => {
    const { brokerUrl } = await startTestServer({ policy: POLICY });
    const mqtt = await connectClient(brokerUrl, {}, "nightlight/+/decision");
    const waitForDecision = (id: string, mode: string): Promise<DecisionMessage> =>
      eventually(
        () => {
          const decision = findLastMessage<DecisionMessage>(mqtt, `nightlight/${id}/decision`);
          return decision?.mode === mode && decision;
        },
        { what: `the decision for ${id} in mode ${mode}` },
      ) as Promise<DecisionMessage>;
    await publishLight(mqtt, "x", 1000);
    await publishLight(mqtt, "a", 212);
    expect(await waitForDecision("x", "auto")).toEqual({
      led_on: true,
      mode: "auto",
      reason: "zone stand: median 212 of 1 sensor < 300; 2 stale left out",
    });
    const before = Date.now();
    await publishOverride(mqtt, "x", { mode: "off", for: 3_600_000 });
    const off = await waitForDecision("x", "off");
    expect(off).toMatchObject({ led_on: false, reason: "a person keeps the lamp off" });
    // the server's clock, which never goes back, may differ from the system's a little
    expect(off.until! - before).toBeGreaterThanOrEqual(3_600_000 - 100);
    expect(off.until! - Date.now()).toBeLessThanOrEqual(3_600_000 + 100);
    const late = await connectClient(brokerUrl, {}, "nightlight/x/decision");
    await eventually(() => late.got[0]?.retained, { what: "the retained decision" });
  });

  test("the decision of a flickering lamp is published a few times a second at most, always including the last one", async () => {
    const { brokerUrl } = await startTestServer();
    const mqtt = await connectClient(brokerUrl, {}, "nightlight/a/decision");
    const begin = performance.now();
    for (let n = 0; n < 200; n++) await publishLight(mqtt, "a", n % 2 === 0 ? 900 : 100);
    await eventually(() => findLastMessage<DecisionMessage>(mqtt, "nightlight/a/decision")?.led_on === true, {
      what: "the last decision",
    });
    // the interval is 250 ms; the test allows half of it, because timers of a busy process are inexact
    expect((mqtt.got.length - 1) * 125).toBeLessThanOrEqual(performance.now() - begin);
  });
});

describe("overrides", () => {
  test("overrides of lamps and zones survive a restart, except those that expire meanwhile", async () => {
    const data = await createTemporaryFolder();
    const first = await startTestServer({ data, policy: POLICY });
    let mqtt = await connectClient(first.brokerUrl, {}, "nightlight/+/commands");
    for (const id of ["x", "y", "z"]) await publishLight(mqtt, id, 1000);
    await publishOverride(mqtt, "zones/stand", { mode: "on" });
    await publishOverride(mqtt, "x", { mode: "off", for: 600_000 });
    await publishOverride(mqtt, "z", { mode: "on", for: 1000 });
    await waitForLampOn(mqtt, "z");
    await waitForLamp(mqtt, "y", true);
    await first.close();

    const second = await startTestServer({ data, policy: POLICY });
    mqtt = await connectClient(second.brokerUrl, {}, "nightlight/+/commands");
    await publishLight(mqtt, "a", 1000);
    for (const id of ["x", "y", "z"]) await publishLight(mqtt, id, 1000);
    await waitForLamp(mqtt, "x", false);
    await waitForLamp(mqtt, "y", true);
    await waitForLamp(mqtt, "z", false);
    const { mode, until } = second.devices.get("nightlight/x")!;
    expect([mode, until]).toEqual(["off", expect.stringMatching(/Z$/)]);
    await eventually(() => second.devices.get("nightlight/z")!.mode === "auto", { what: "z to be on automatic again" });
  });

  test("invalid overrides are refused and change nothing", async () => {
    const { brokerUrl, devices, counters } = await startTestServer({ policy: POLICY });
    const mqtt = await connectClient(brokerUrl);
    await publishLight(mqtt, "x", 1000);
    for (const nonsense of [{ mode: "dim" }, { mode: "on", for: 10 }, { mode: "on", for: "2 h" }, {}])
      await publishOverride(mqtt, "x", nonsense);
    await publishOverride(mqtt, "zones/nowhere", { mode: "on" });
    await eventually(() => counters.rejected["wrong-fields"] === 4 && counters.rejected["unknown-device"] === 1);
    expect(devices.get("nightlight/x")!.mode).toBe("auto");
  });
});

describe("a reloaded configuration", () => {
  test("a reloaded configuration takes effect at once, closes no connection, and returns the settings that need a restart", async () => {
    const data = await createTemporaryFolder();
    const running = await startTestServer({ data });
    const mqtt = await connectClient(running.brokerUrl, {}, "nightlight/+/commands", "nightlight/+/config");
    let closed = false;
    mqtt.on("close", () => (closed = true));
    await mqtt.publishAsync("nightlight/x/status", '{"online":true}', { qos: 1, retain: true });
    await publishLight(mqtt, "x", 1000);
    await publishLight(mqtt, "a", 100);
    await waitForLamp(mqtt, "x", false);
    const options = { data, mqttPort: 0, httpPort: 0, history: false } as const;
    expect(running.reload({ ...options, policy: POLICY })).toEqual([]);
    await waitForLamp(mqtt, "x", true);
    await eventually(() => findLastMessage<{ hysteresis: number }>(mqtt, "nightlight/x/config")?.hysteresis === 40);
    expect(running.reload({ ...options, policy: LESSON_POLICY, topicPrefix: "house" })).toEqual(["topic_prefix"]);
    await waitForLamp(mqtt, "x", false);
    expect(closed).toBe(false);
  });

  test("an invalid configuration changes nothing", async () => {
    const running = await startTestServer({ policy: POLICY });
    expect(() => running.reload({ topicPrefix: "a/#" })).toThrow(/--topic-prefix/);
    expect(running.zones.list().map(({ name }) => name)).toEqual(["stand"]);
  });
});

test("a forgotten device leaves no data at the broker or on the disk, and is new when it reports again", async () => {
  const data = await createTemporaryFolder();
  const first = await startTestServer({ data });
  const mqtt = await connectClient(first.brokerUrl, {}, "nightlight/+/commands");
  await mqtt.publishAsync("nightlight/x/status", '{"online":true}', { qos: 1, retain: true });
  await publishLight(mqtt, "x", 100);
  await publishOverride(mqtt, "x", { mode: "off" });
  await waitForLamp(mqtt, "x", false);
  await eventually(() => first.devices.get("nightlight/x")!.mode === "off");
  await first.forget("nightlight/x");
  expect(first.devices.get("nightlight/x")).toBeUndefined();
  const late = await connectClient(first.brokerUrl, {}, "nightlight/x/#");
  await late.publishAsync("nightlight/x/end", "", { qos: 1 });
  await eventually(() => late.got.some(({ topic }) => topic.endsWith("/end")));
  expect(late.got.filter(({ retained }) => retained)).toEqual([]);
  await first.close();
  const second = await startTestServer({ data });
  expect(second.devices.list()).toEqual([]);
  const again = await connectClient(second.brokerUrl, {}, "nightlight/+/commands");
  await publishLight(again, "x", 100);
  await waitForLamp(again, "x", true);
});
