/** Tests the server at a remote broker: a real Mosquitto. */
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "nightlight-server";
import { createLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("at Mosquitto", () => {
  let mosquitto: Mosquitto;
  let prefixes = 0;
  let prefix: string;
  beforeAll(async () => {
    mosquitto = await startMosquitto({ persistent: true });
    return () => mosquitto.remove();
  });
  afterAll(() => {});
  const startAtMosquitto = (options: object = {}) => {
    prefix = `test-${++prefixes}`;
    return startTestServer({ broker: mosquitto.url, topicPrefix: prefix, http: false, ...options });
  };

  test("the server answers the devices below its prefix and the listed devices only", async () => {
    let said = "";
    const log = createLog("pretty", { output: { write: (text: string) => (said += text) } });
    const { counters } = await startAtMosquitto({ ids: ["1f3b"], log });
    await eventually(() => said.includes(`Answering the devices below ${prefix}/, 1f3b`), {
      what: "the startup banner",
    });
    const everybody = await connectClient(mosquitto.url, {}, "+/commands", "+/+/commands", "+/+/+/commands");
    const ids = [`${prefix}/porch`, "1f3b", "stranger", "other/porch", `${prefix}/a/b`];
    for (const id of ids) await everybody.publishAsync(`${id}/telemetry`, '{"light":1}', { qos: 1 });
    await eventually(() => counters.sent === 2, { what: "two commands" });
    await eventually(() => everybody.got.length === 2, { what: "two answers" });
    expect(everybody.got.map(({ topic }) => topic).sort()).toEqual(["1f3b/commands", `${prefix}/porch/commands`]);
  });

  test("the server receives readings that devices published while it was away", async () => {
    const data = await createTemporaryFolder();
    const options = { broker: mosquitto.url, topicPrefix: "away", data, http: false } as const;
    const first = await startServer(options);
    await first.close();
    const device = await connectClient(mosquitto.url);
    for (let seq = 1; seq <= 100; seq++)
      await device.publishAsync("away/porch/telemetry", `{"light":${seq},"boot":1,"seq":${seq}}`, { qos: 1 });
    const second = await startTestServer(options);
    await eventually(() => second.devices.recent("away/porch").length === 100, { what: "100 readings" });
    expect(second.devices.recent("away/porch").map(({ light }) => light)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    expect(second.counters.duplicates).toBe(0);
  });

  test("the server ignores retained readings and overrides, and logs how to remove them", async () => {
    const device = await connectClient(mosquitto.url);
    const publishRetained = (topic: string, text: string): Promise<unknown> =>
      device.publishAsync(`kept/${topic}`, text, { qos: 1, retain: true });
    await publishRetained("porch/telemetry", '{"light":5}');
    await publishRetained("porch/set", '{"mode":"on"}');
    await publishRetained("it's dark/telemetry", '{"light":5}');
    await publishRetained("zones/hall/set", '{"mode":"on"}');
    await publishRetained("board/status", '{"online":true,"led_on":true}');
    const data = await createTemporaryFolder();
    for (const start of [1, 2]) {
      const lines: string[] = [];
      const log = createLog("json", { output: { write: (text: string) => lines.push(text) } });
      const options = { broker: mosquitto.url, topicPrefix: "kept", data, http: false, log } as const;
      const running = await startServer(options);
      await eventually(() => running.counters.rejected.retained === 4, { what: "all of them" });
      expect(running.devices.list()).toMatchObject([{ id: "kept/board", online: true, led_on: true, light: null }]);
      log.flush();
      const said = lines.join("");
      expect(said).toContain(`mosquitto_pub -h 127.0.0.1 -p ${new URL(mosquitto.url).port} -r -n -t kept/porch/set`);
      expect(said).toContain("-r -n -t 'kept/it'\\\\''s dark/telemetry'");
      if (start === 2) {
        // the server processes live messages, even messages with the retain flag
        await publishRetained("porch/telemetry", '{"light":6}');
        await eventually(() => running.devices.get("kept/porch")?.light === 6, { what: "the reading" });
        await publishRetained("porch/set", '{"mode":"off"}');
        await eventually(() => running.devices.get("kept/porch")?.mode === "off", { what: "the override" });
        expect(running.devices.get("kept/porch")?.online).toBe(true);
      }
      await running.close();
    }
  });

  test("readings that cannot be stored stay at the broker while overrides still work, and arrive once and in order later", async () => {
    const data = await createTemporaryFolder();
    const options = { broker: mosquitto.url, topicPrefix: "full", data, http: false } as const;
    const first = await startServer(options);
    // puts a file in place of the journal's folder, so that the server cannot store readings, as when the disk is full
    await writeFile(path.join(data, "journal"), "in the way");
    const device = await connectClient(mosquitto.url, {}, "full/porch/commands");
    for (let seq = 1; seq <= 60; seq++)
      await device.publishAsync("full/porch/telemetry", `{"light":${seq},"boot":1,"seq":${seq}}`, { qos: 1 });
    // Mosquitto sends only 20 messages, because the server cannot store and acknowledge them
    await eventually(() => first.devices.recent("full/porch").length === 20, { what: "20 readings" });
    first.devices.setMode("full/porch", "off");
    await eventually(() => device.got.at(-1)?.text.startsWith('{"led_on":false'), { what: "the override" });
    device.publish("full/hall/telemetry", '{"light":5}', { qos: 0 });
    await eventually(() => first.devices.get("full/hall")?.led_on === true, { what: "a reading at QoS 0" });
    first.devices.setMode("full/porch", "auto");
    await first.close();

    await rm(path.join(data, "journal"));
    const second = await startTestServer(options);
    const listRecentLights = (): number[] => second.devices.recent("full/porch").map(({ light }) => light);
    await eventually(() => listRecentLights().length >= 60, { what: "all readings" });
    expect(listRecentLights()).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect(second.counters.duplicates).toBe(0);
    await eventually(() => device.got.at(-1)?.text === '{"led_on":true,"seq":60}', { what: "an answer to the last" });
  });

  test("the server acknowledges readings and receives the rest when it can store again", async () => {
    const data = await createTemporaryFolder();
    const { devices } = await startAtMosquitto({ data });
    await writeFile(path.join(data, "journal"), "in the way");
    const device = await connectClient(mosquitto.url);
    for (let n = 1; n <= 60; n++) await device.publishAsync(`${prefix}/porch/telemetry`, `{"light":${n}}`, { qos: 1 });
    const listRecentLights = (): number[] => devices.recent(`${prefix}/porch`).map(({ light }) => light);
    await eventually(() => listRecentLights().length === 20, { what: "20 readings" });
    await rm(path.join(data, "journal"));
    await eventually(() => listRecentLights().length >= 60, { what: "all readings" });
    expect(listRecentLights()).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
  });

  test("the server removes the subscription to a device that is no longer listed", async () => {
    const data = await createTemporaryFolder();
    const options = { broker: mosquitto.url, topicPrefix: "named", data, http: false } as const;
    await (await startServer({ ...options, ids: ["formerly"] })).close();
    const { counters } = await startTestServer(options);
    const device = await connectClient(mosquitto.url);
    await device.publishAsync("formerly/telemetry", '{"light":1}', { qos: 1 });
    await device.publishAsync("named/porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => counters.sent === 1, { what: "the answer" });
    expect(counters.received).toBe(1);
  });

  test("two servers with the same prefix do not take over each other's session", async () => {
    const lines: string[] = [];
    const log = createLog("json", { output: { write: (text: string) => lines.push(text) } });
    const options = { broker: mosquitto.url, topicPrefix: "twice", http: false, log } as const;
    const one = await startTestServer(options);
    const two = await startTestServer(options);
    const device = await connectClient(mosquitto.url);
    await device.publishAsync("twice/porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => one.counters.sent === 1 && two.counters.sent === 1, { what: "both to answer" });
    log.flush();
    expect(lines.join("")).not.toContain('"level":"warn"');
    await one.close();
    const said = await connectClient(mosquitto.url, {}, "twice/status");
    await eventually(() => said.got.at(-1)?.text === '{"online":true}', {
      what: "the online status of the remaining server",
    });
  });

  test("the server logs a lost broker once, is unhealthy, and reconnects when the broker returns", async () => {
    const lines: string[] = [];
    const log = createLog("json", { output: { write: (text: string) => lines.push(text) } });
    const running = await startAtMosquitto({ http: true, log });
    const readHealth = async (): Promise<number> => (await fetch(`${running.httpUrl}/healthz`)).status;
    expect(await readHealth()).toBe(200);
    await mosquitto.kill();
    await eventually(async () => (await readHealth()) === 503, { what: "the server to be unhealthy" });
    await mosquitto.start();
    await eventually(async () => (await readHealth()) === 200, { what: "the server to be healthy again" });
    const device = await connectClient(mosquitto.url, {}, `${prefix}/porch/commands`, `${prefix}/status`);
    await device.publishAsync(`${prefix}/porch/telemetry`, '{"light":1}', { qos: 1 });
    await eventually(() => device.got.some(({ text }) => text === '{"led_on":true}'), { what: "an answer" });
    await eventually(() => device.got.some(({ text }) => text === '{"online":true}'), { what: "its online status" });
    log.flush();
    const link = lines
      .join("")
      .split("\n")
      .filter((line) => line.includes('"event":"link"'));
    expect(link.filter((line) => line.includes('"warn"'))).toHaveLength(1);
    expect(link.at(-1)).toContain("Connected to the broker again");
  });

  test("a device's will reaches the server when the device dies", async () => {
    const running = await startAtMosquitto();
    const device = await connectClient(mosquitto.url, {
      will: { topic: `${prefix}/porch/status`, payload: Buffer.from('{"online":false}'), qos: 1, retain: true },
    });
    await device.publishAsync(`${prefix}/porch/status`, '{"online":true}', { qos: 1, retain: true });
    await eventually(() => running.devices.get(`${prefix}/porch`)?.online === true, { what: "the device" });
    device.stream.destroy();
    await eventually(() => running.devices.get(`${prefix}/porch`)?.online === false, { what: "its will" });
  });
});

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("at a Mosquitto that requires a password", () => {
  test("the server fails to start with a wrong password, and its error does not show the password", async () => {
    const mosquitto = await startMosquitto({ lines: ["allow_anonymous false"] });
    try {
      const url = mosquitto.url.replace("mqtt://", "mqtt://me:secret@");
      const start = startServer({ broker: url, data: await createTemporaryFolder(), http: false, topicPrefix: "x" });
      await expect(start).rejects.toThrow(/--username and --password/);
      await expect(start).rejects.not.toThrow(/secret/);
    } finally {
      await mosquitto.remove();
    }
  });
});

test("at the embedded broker retained readings and overrides count when they arrive, but not after a restart", async () => {
  const data = await createTemporaryFolder();
  const first = await startServer({ data, mqttPort: 0, http: false, history: false });
  const device = await connectClient(first.brokerUrl);
  await device.publishAsync("porch/telemetry", '{"light":5}', { qos: 1, retain: true });
  await device.publishAsync("porch/set", '{"mode":"on","for":86400000}', { qos: 1, retain: true });
  await eventually(() => first.devices.get("porch")?.mode === "on", { what: "the override" });
  expect(first.devices.get("porch")).toMatchObject({ light: 5, online: true });
  first.devices.setMode("porch", "auto");
  await first.close();
  const second = await startTestServer({ data, http: false });
  expect(second.devices.list().filter(({ online, mode }) => online || mode !== "auto")).toEqual([]);
});
