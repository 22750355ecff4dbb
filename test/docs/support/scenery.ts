/** What the documents' commands find: a server with the devices of docs/reference/api.md, a certificate. */
import { rename } from "node:fs/promises";
import path from "node:path";
import { startServer } from "nightlight-server";
import { onTestFinished } from "vitest";
import { board } from "../../server/support/board.js";
import { GARDEN } from "../../server/support/garden.js";
import { client, HISTORY, leaveSession } from "../../server/support/server.js";
import { certificate, writePair } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import type { Workshop } from "./workshop.js";

/**
 * A server on the workshop's ports, with porch, gate and attic, of which the last announced itself and replies, and with
 * the session of `old-phone`.
 */
export async function apiServer({ env, folder }: Workshop): Promise<void> {
  const server = await startServer({
    mqttPort: Number(env.NIGHTLIGHT_MQTT_PORT),
    httpPort: Number(env.NIGHTLIGHT_HTTP_PORT),
    data: path.join(folder, "api"),
    policy: GARDEN,
    history: HISTORY,
  });
  onTestFinished(() => server.close());
  await leaveSession(server.brokerUrl, "old-phone");
  const lesson = await client(server.brokerUrl);
  await lesson.publishAsync("nightlight/porch/telemetry", '{"light":212}', { qos: 1 });
  await lesson.publishAsync("nightlight/gate/telemetry", '{"light":190}', { qos: 1 });
  const attic = await board(server.brokerUrl, "nightlight/attic");
  attic.client.on("message", (topic, payload) => {
    // what is retained is cleared by an empty message
    if (!topic.endsWith("/commands") || payload.length === 0) return;
    const { action, seq } = JSON.parse(payload.toString()) as { action?: string; seq: number };
    if (action) void attic.reply({ seq, ok: true, light: 212, led_on: true });
  });
  await eventually(() => server.devices.get("nightlight/gate"), { what: "the last device" });
}

/** `fullchain.pem` and `privkey.pem` in a folder. */
export async function writeCertificate(folder: string): Promise<void> {
  const { cert, key } = await writePair(folder, "pair", await certificate("localhost"));
  await rename(cert, path.join(folder, "fullchain.pem"));
  await rename(key, path.join(folder, "privkey.pem"));
}
