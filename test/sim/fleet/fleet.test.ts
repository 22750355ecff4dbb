import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { MqttClient } from "mqtt";
import { startServer, type NightlightServer } from "nightlight-server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decode, parseTopic, STATUS, TELEMETRY } from "../../../contract/index.js";
import { Fleet, type FleetOptions } from "../../../sim/fleet/fleet.js";
import { startFixedRateSchedule, startPolicySchedule, type Schedule } from "../../../sim/fleet/schedule.js";
import { parseBrokerUrl } from "../../../sim/fleet/transport.js";
import { LESSON_POLICY } from "../../../server/src/decisions/policy.js";
import { eventually } from "../../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../../support/mosquitto.js";
import { MOSQUITTO } from "../../support/programs.js";
import { connect } from "../../support/rig.js";

const fleets: Fleet[] = [];
const schedules: Schedule[] = [];

function createFleet(url: string, options: Partial<FleetOptions> = {}): Fleet {
  const common = { devices: 60, connections: 7, prefix: "nightlight", qos: 1, status: true, seed: 1 } as const;
  const fleet = new Fleet({ broker: parseBrokerUrl(url), ...common, day: 60_000, hour: 16, ...options });
  fleets.push(fleet);
  return fleet;
}

function stopAfterTest(schedule: Schedule): Schedule {
  schedules.push(schedule);
  return schedule;
}

afterEach(() => {
  for (const schedule of schedules.splice(0)) schedule.stop();
  for (const fleet of fleets.splice(0)) fleet.abort();
});

const waitForAnswers = (fleet: Fleet, count: number) =>
  eventually(() => fleet.tracker.counts.answered >= count, { within: 20_000, what: `${count} answers` });

describe("a fleet at a nightlight-server", () => {
  let server: NightlightServer;
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(path.join(tmpdir(), "nightlight-fleet-"));
    server = await startServer({ data, mqttPort: 0, httpPort: 0 });
  });
  afterAll(async () => {
    await server?.close();
    await rm(data, { recursive: true, force: true });
  });

  it("consists of devices that the server treats as boards, and gets the right answer for each", async () => {
    const fleet = createFleet(server.brokerUrl);
    await fleet.start();
    expect(fleet.connections).toMatchObject({ devicesReady: 60, connected: 7 });
    const schedule = stopAfterTest(startPolicySchedule(fleet));
    // after 300 answers, each of the 60 devices has an answer, and some answers follow a change of the light
    await waitForAnswers(fleet, 300);
    schedule.stop();
    await eventually(() => fleet.tracker.outstanding === 0, { what: "the last answers" });
    expect(fleet.tracker.counts).toMatchObject({ wrong: 0, missing: 0 });
    expect(fleet.wrongLampCount).toBe(0);
    expect(fleet.counts).toMatchObject({ unsent: 0, malformed: 0 });
    expect(fleet.counts.switches).toBeGreaterThanOrEqual(60);
    const known = Array.from({ length: 60 }, (_, n) => server.devices.get(fleet.idOf(n)));
    expect(known.filter((device) => device?.online && device.board === "fleet")).toHaveLength(60);
    await eventually(() => known.every((device, n) => server.devices.get(device!.id)?.led_on === (fleet.devices.lamp[n] === 1)), { what: "the status of each lamp" }); // prettier-ignore
    await fleet.end(true);
    await eventually(() => !server.devices.get(fleet.idOf(59))?.online, { what: "the devices to be gone" });
  });

  it("sends the requested rate of readings in mixed order, also over WebSocket", async () => {
    const url = server.httpUrl!.replace(/^http/, "ws");
    const fleet = createFleet(url, { devices: 20, connections: 20, prefix: "web", qos: 0, status: false });
    await fleet.start();
    const begin = performance.now();
    const schedule = stopAfterTest(startFixedRateSchedule(fleet, 200));
    await waitForAnswers(fleet, 100);
    const countDue = () => ((performance.now() - begin) / 1000) * 200;
    // waits, because a busy machine sends late
    await eventually(() => fleet.counts.sent + schedule.dropped > countDue() - 30, {
      what: "the readings that are due",
    });
    schedule.stop();
    expect(fleet.counts.sent).toBeLessThanOrEqual(countDue() + 30);
    // a device sends its next reading only after every other device has sent as many readings
    expect(Math.max(...fleet.devices.seq) - Math.min(...fleet.devices.seq)).toBeLessThanOrEqual(1);
    await fleet.end(false);
    expect(fleet.tracker.counts).toMatchObject({ wrong: 0, missing: 0 });
  });

  it("applies the rule that the server sends to each device", async () => {
    const policy = { ...LESSON_POLICY, rule: { threshold: 700, hysteresis: 50, min_on: 0, min_off: 0 } };
    const own = await startServer({ data: path.join(data, "own"), mqttPort: 0, http: false, policy });
    try {
      const fleet = createFleet(own.brokerUrl);
      await fleet.start();
      await eventually(() => fleet.devices.parameters.every((set) => fleet.parameters.get(set).threshold === 700), {
        what: "the rule to have come",
      });
      stopAfterTest(startFixedRateSchedule(fleet, 300));
      await waitForAnswers(fleet, 600);
      expect(fleet.tracker.counts.wrong).toBe(0);
    } finally {
      await own.close();
    }
  });

  it("names the setting to change when the limit for subscriptions is too low", async () => {
    const fleet = createFleet(server.brokerUrl, { devices: 600, connections: 1 });
    await expect(fleet.start()).rejects.toThrow("limits.subscriptions");
    await expect(createFleet("mqtt://127.0.0.1:1").start()).rejects.toThrow("no connection to mqtt://127.0.0.1:1");
  });
});

describe.skipIf(!MOSQUITTO)("a fleet at Mosquitto", () => {
  let mosquitto: Mosquitto;
  let observer: MqttClient;
  const seen: { topic: string; payload: Buffer; retain: boolean }[] = [];
  beforeAll(async () => {
    mosquitto = await startMosquitto();
    observer = await connect(mosquitto.url);
    observer.on("message", (topic, payload, { retain }) => seen.push({ topic, payload, retain }));
    await observer.subscribeAsync("#", { qos: 1 });
  });
  afterAll(async () => {
    await observer?.endAsync(true);
    await mosquitto?.remove();
  });

  const listMessagesOn = (channel: string) => seen.filter(({ topic }) => parseTopic(topic)?.channel === channel);
  const publishCommand = (id: string, led_on: boolean, seq: number) =>
    observer.publishAsync(`${id}/commands`, JSON.stringify({ led_on, seq }), { qos: 1 });

  it("sends messages that follow the contract, and counts wrong and missing answers", async () => {
    const fleet = createFleet(mosquitto.url, {
      devices: 3,
      connections: 2,
      prefix: "home/test",
      hour: 0,
      day: 86_400_000,
    });
    await fleet.start();
    for (const device of [0, 1, 2]) fleet.sendReading(device, performance.now());
    await eventually(() => listMessagesOn("telemetry").length === 3, { what: "the readings" });
    const readings = listMessagesOn("telemetry").map(({ topic, payload }) => ({
      topic,
      ...decode(TELEMETRY, payload).value,
    }));
    expect(readings.map(({ topic }) => topic).sort()).toEqual([1, 2, 3].map((n) => `home/test/fleet-${n}/telemetry`));
    for (const reading of readings) expect(reading).toMatchObject({ seq: 1, age: 0, led_on: false });
    expect(new Set(readings.map(({ boot }) => boot)).size).toBe(3);
    // At the simulated midnight the light is dark, so `true` is the right command and `false` is a wrong one.
    await publishCommand("home/test/fleet-1", true, 1);
    await publishCommand("home/test/fleet-2", false, 1);
    await eventually(() => fleet.tracker.counts.answered === 2, { what: "two answers" });
    // the device publishes its status because its lamp was switched on
    await eventually(() => listMessagesOn("status").some(({ payload }) => decode(STATUS, payload).value?.led_on), {
      what: "status",
    });
    expect(fleet.wrongLampCount).toBe(1);
    await fleet.end(false);
    expect(fleet.tracker.counts).toMatchObject({ answered: 2, wrong: 1, missing: 1 });
  });

  it("deletes its retained messages at the end, except on request", async () => {
    const readRetainedTopics = async () => {
      const late = await connect(mosquitto.url);
      const found: string[] = [];
      late.on("message", (topic, _payload, { retain }) => retain && topic.startsWith("tidy/") && found.push(topic));
      await late.subscribeAsync("#", { qos: 1 });
      // Publishes a message and waits for it, because the broker sends all retained messages first.
      await late.subscribeAsync("last", { qos: 1 });
      const last = new Promise<void>((resolve) => late.on("message", (topic) => topic === "last" && resolve()));
      await late.publishAsync("last", "x", { qos: 1 });
      await last;
      await late.endAsync();
      return found;
    };
    const keeping = createFleet(mosquitto.url, { prefix: "tidy", devices: 5, connections: 5 });
    await keeping.start();
    await keeping.end(true);
    expect(await readRetainedTopics()).toHaveLength(5);
    const tidying = createFleet(mosquitto.url, { prefix: "tidy", devices: 5, connections: 5 });
    await tidying.start();
    await observer.publishAsync("tidy/fleet-2/commands", '{"led_on":true}', { qos: 1, retain: true });
    await tidying.end(false);
    expect(await readRetainedTopics()).toEqual([]);
  });

  it(
    "reconnects after a broker restart, and counts the unanswered readings as missing",
    { timeout: 60_000 },
    async () => {
      const fleet = createFleet(mosquitto.url, { devices: 10, connections: 2, prefix: "lost" });
      await fleet.start();
      for (let device = 0; device < 10; device++) fleet.sendReading(device, performance.now());
      await mosquitto.kill();
      await eventually(() => fleet.connections.devicesReady === 0, { what: "the connections to be lost" });
      expect(fleet.tracker.counts.missing).toBe(10);
      await mosquitto.start();
      await eventually(() => fleet.connections.devicesReady === 10, { within: 20_000, what: "the devices to be back" });
      expect(fleet.connections.lost).toBe(2);
    },
  );
});
