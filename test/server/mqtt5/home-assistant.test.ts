/** Tests an MQTT 5 connection like that of Home Assistant (homeassistant/components/mqtt/client.py). */
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "nightlight-server";
import { eventually } from "../../support/eventually.js";
import { connectClient5, waitForMessage, textsOf, type Client5 } from "../support/mqtt5.js";
import { connectClient, createTemporaryFolder } from "../support/server.js";

/**
 * Connects like older versions of Home Assistant: a client id of 22 letters and digits, a keep alive of 60 s, a will on the
 * status topic, and Clean Start for the first connection only (Paho's default). Then it sends the subscriptions in one packet
 * and the birth message. home-assistant-paho.test.ts covers the versions of 2026.
 */
async function connectHomeAssistant(url: string, clean: boolean): Promise<Client5> {
  const will = { topic: "homeassistant/status", payload: Buffer.from("offline"), qos: 0, retain: false } as const;
  const ha = await connectClient5(url, { clientId: "5vJ6WkzPqA1cGcOZqGyVxR", keepalive: 60, clean, will });
  const discovery = ["homeassistant/+/+/config", "homeassistant/+/+/+/config"];
  await ha.subscribeAsync(
    Object.fromEntries(
      [...discovery, "nightlight/+/decision", "nightlight/+/status"].map((topic) => [topic, { qos: 0 }]),
    ),
  );
  await ha.publishAsync("homeassistant/status", "online", { qos: 0, retain: false });
  return ha;
}

test("Home Assistant finds a board, switches its lamp, and finds both again after a restart of the server", async () => {
  const options = { data: await createTemporaryFolder(), mqttPort: 0, http: false } as const;
  const first = await startServer(options);
  const board = await connectClient(first.brokerUrl, { clientId: "board" }, "nightlight/porch/commands");
  await board.publishAsync("nightlight/porch/status", '{"online":true,"board":"XIAO"}', { qos: 1, retain: true });
  await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });

  const ha = await connectHomeAssistant(first.brokerUrl, true);
  expect(ha.connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
  const isConfig = ({ topic, retain }: { topic: string; retain: boolean }): boolean =>
    topic.endsWith("/config") && retain;
  const found = await eventually(() => ha.received.find(isConfig), { what: "the discovery message" });
  const { device, components } = JSON.parse(String(found.payload)) as {
    device: { name: string };
    components: { lamp: { command_topic: string; payload_off: string; state_topic: string } };
  };
  expect(device.name).toBe("nightlight/porch");
  await ha.subscribeAsync({ [components.lamp.state_topic]: { qos: 1 }, "nightlight/porch/telemetry": { qos: 0 } });
  await ha.publishAsync(components.lamp.command_topic, components.lamp.payload_off, { qos: 0, retain: false });
  await eventually(() => board.got.some(({ text }) => text === '{"led_on":false}'), { what: "the lamp to be off" });
  await eventually(() => textsOf(ha.received).some((text) => text.includes('"mode":"off"')), { what: "its new state" });
  await ha.unsubscribeAsync("nightlight/porch/telemetry");
  await first.close();
  await eventually(() => ha.disconnects.length > 0, { what: "DISCONNECT" });
  expect(ha.disconnects[0]).toMatchObject({ reasonCode: 0x8b, properties: { reasonString: expect.any(String) } });

  const second = await startServer(options);
  onTestFinished(() => second.close());
  const again = await connectHomeAssistant(second.brokerUrl, false);
  expect(again.connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
  await eventually(() => again.received.some(isConfig), { what: "the board again" });
  await eventually(() => textsOf(again.received).some((text) => text.includes('"mode":"off"')), { what: "its state" });
});

test("the server sends discovery messages again after Home Assistant's birth message", async () => {
  const server = await startServer({ data: await createTemporaryFolder(), mqttPort: 0, http: false });
  onTestFinished(() => server.close());
  const board = await connectClient(server.brokerUrl);
  await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
  const ha = await connectHomeAssistant(server.brokerUrl, true);
  const countConfigs = (): number => ha.received.filter(({ topic }) => topic.endsWith("/config")).length;
  await eventually(() => countConfigs() > 0, { what: "the board" });
  const before = countConfigs();
  await ha.publishAsync("homeassistant/status", "online", { qos: 0, retain: false });
  await eventually(() => countConfigs() > before, { what: "the board once more" });
  const watcher = await connectClient5(server.brokerUrl);
  await watcher.subscribeAsync("homeassistant/status", { qos: 0 });
  ha.stream.destroy();
  await waitForMessage(watcher, "offline");
});
