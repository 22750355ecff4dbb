/** Tests a running server with a simulated Home Assistant. */
import { describe, expect, it } from "vitest";
import type { NightlightServer, ServerOptions } from "nightlight-server";
import { decode, DECISION } from "../../contract/index.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { startTestBoard } from "./support/board.js";
import { findDiscoveryProblems, type Discovery } from "./support/homeassistant.js";
import { connectClient, startTestServer, createTemporaryFolder, type TestClient } from "./support/server.js";

const BOARD_TOPIC = "homeassistant/device/nightlight_nightlight__kitchen/config";
const LESSON_TOPIC = "homeassistant/device/nightlight_nightlight__1f3b2a/config";

/** Returns the last message on each topic; "" if the retained message was removed. */
const lastMessagesOf = ({ got }: TestClient): Record<string, string> =>
  Object.fromEntries(got.map(({ topic, text }) => [topic, text]));

async function expectIntegration(options: ServerOptions, url: (server: NightlightServer) => string): Promise<void> {
  const started = await startTestServer(options);
  const home = await connectClient(url(started), {}, "homeassistant/device/#");
  const kitchen = await startTestBoard(url(started), "nightlight/kitchen");
  const lesson = await connectClient(url(started));
  await lesson.publishAsync("nightlight/1f3b2a/telemetry", '{"light": 212}', { qos: 1 });
  await kitchen.read(212);
  await eventually(
    () => lastMessagesOf(home)[BOARD_TOPIC]?.includes("decided_by") && lastMessagesOf(home)[LESSON_TOPIC],
    {
      what: "both devices",
    },
  );
  for (const [topic, text] of Object.entries(lastMessagesOf(home)))
    expect(findDiscoveryProblems("homeassistant", topic, text)).toEqual([]);

  const { lamp } = (JSON.parse(lastMessagesOf(home)[BOARD_TOPIC]) as Discovery).components;
  const { state_topic, command_topic, payload_off } = lamp as unknown as Record<string, string>;
  await home.subscribeAsync(state_topic, { qos: 1 });
  const waitForLamp = (led_on: boolean, mode: string) =>
    eventually(
      () => {
        const { value } = decode(DECISION, Buffer.from(lastMessagesOf(home)[state_topic] ?? ""));
        return value?.led_on === led_on && value.mode === mode;
      },
      { what: `the lamp to be ${led_on ? "on" : "off"}, ${mode}` },
    );
  await waitForLamp(true, "auto");
  await home.publishAsync(command_topic, payload_off, { qos: 1 });
  await waitForLamp(false, "off");
  await eventually(() => kitchen.commands.at(-1)!.text.includes('"led_on":false'), { what: "the command" });

  const before = home.got.length;
  await home.publishAsync("homeassistant/status", "online", { qos: 1 });
  await eventually(() => home.got.slice(before).filter(({ topic }) => topic.endsWith("/config")).length === 2, {
    what: "both devices again",
  });
  // Home Assistant's status topic creates no device and causes no rejection
  expect(started.devices.list().map(({ id }) => id)).toEqual(["nightlight/1f3b2a", "nightlight/kitchen"]);
  expect(started.counters.rejected).toEqual({});

  await started.forget("nightlight/1f3b2a");
  await eventually(() => lastMessagesOf(home)[LESSON_TOPIC] === "", { what: "the lesson device's removal" });
  await started.close();
}

describe("Home Assistant", () => {
  it("Home Assistant finds and switches boards at the embedded broker, and loses forgotten ones", () =>
    expectIntegration({}, ({ brokerUrl }) => brokerUrl));

  it.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("Home Assistant does the same at a Mosquitto", async () => {
    const mosquitto = await startMosquitto();
    try {
      await expectIntegration({ broker: mosquitto.url }, () => mosquitto.url);
    } finally {
      await mosquitto.remove();
    }
  });

  it("a server with the integration switched off announces nothing and removes earlier discovery messages", async () => {
    const data = await createTemporaryFolder();
    const first = await startTestServer({ data });
    const lesson = await connectClient(first.brokerUrl, {}, "homeassistant/#");
    await lesson.publishAsync("nightlight/1f3b2a/telemetry", '{"light": 212}', { qos: 1 });
    await eventually(() => lastMessagesOf(lesson)[LESSON_TOPIC], { what: "the device" });
    await first.close();

    const second = await startTestServer({ data, homeAssistant: false });
    const later = await connectClient(second.brokerUrl, {}, "homeassistant/#", "nightlight/+/commands");
    await later.publishAsync("nightlight/1f3b2a/telemetry", '{"light": 999}', { qos: 1 });
    await eventually(() => later.got.some(({ retained }) => !retained), { what: "the lamp's command" });
    expect(later.got.filter(({ topic }) => topic.startsWith("homeassistant"))).toEqual([]);
  });
});
