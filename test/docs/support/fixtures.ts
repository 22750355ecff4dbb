/** Fixtures for the commands of the documentation: a server with the devices of docs/reference/api.md. */
import path from "node:path";
import { startTestBoard } from "../../server/support/board.js";
import { GARDEN_FILE } from "../../server/support/garden.js";
import { ask } from "../../server/support/api.js";
import { connectClient, createOfflineSession } from "../../server/support/server.js";
import { startSettingsServer } from "../../server/support/settings.js";
import { eventually } from "../../support/eventually.js";
import type { Sandbox } from "./sandbox.js";

/**
 * Starts a server on the sandbox's ports with the devices porch, gate and attic and the MQTT session `old-phone`. Only attic
 * publishes its status and answers actions.
 */
export async function startApiServer({ env, folder }: Sandbox): Promise<void> {
  const { NIGHTLIGHT_MQTT_PORT, NIGHTLIGHT_HTTP_PORT } = env;
  const server = await startSettingsServer(GARDEN_FILE, {
    env: { NIGHTLIGHT_MQTT_PORT, NIGHTLIGHT_HTTP_PORT },
    data: path.join(folder, "api"),
  });
  await createOfflineSession(server.brokerUrl, "old-phone");
  const lesson = await connectClient(server.brokerUrl);
  await lesson.publishAsync("nightlight/porch/telemetry", '{"light":212}', { qos: 1 });
  await lesson.publishAsync("nightlight/gate/telemetry", '{"light":190}', { qos: 1 });
  const attic = await startTestBoard(server.brokerUrl, "nightlight/attic");
  attic.client.on("message", (topic, payload) => {
    // ignores the empty message, which only clears the retained command
    if (!topic.endsWith("/commands") || payload.length === 0) return;
    const { action, seq } = JSON.parse(payload.toString()) as { action?: string; seq: number };
    if (action) void attic.reply({ seq, ok: true, light: 212, led_on: true });
  });
  const isKnown = async () => (await ask(server.httpUrl, "/api/devices/nightlight/gate")).status === 200;
  await eventually(isKnown, { what: "the last device" });
}
