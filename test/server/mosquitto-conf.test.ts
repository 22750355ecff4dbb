/** Tests the Mosquitto configuration of docs/how-to/mosquitto with temporary paths and a free port. */
import path from "node:path";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { startServer, type NightlightServer } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import type { Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { startDocumentedMosquitto } from "./support/documented-mosquitto.js";
import { loginOf } from "./support/guarded.js";
import { connectClient } from "./support/server.js";

const USERS = ["nightlight-server", "porch", "shed", "reader", "app", "homeassistant"];

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("with docs/how-to/mosquitto", () => {
  let mosquitto: Mosquitto;
  let server: NightlightServer;
  beforeAll(async () => {
    const started = await startDocumentedMosquitto(USERS);
    mosquitto = started;
    const login = loginOf("nightlight-server");
    server = await startServer({ broker: started.url, ...login, data: path.join(started.folder, "data"), http: false });
  });
  afterAll(async () => {
    await server?.close();
    await mosquitto?.remove();
  });

  test("Mosquitto refuses clients without a user or with a wrong password", async () => {
    await expect(connectClient(mosquitto.url)).rejects.toMatchObject({ code: 5 });
    await expect(connectClient(mosquitto.url, { username: "porch", password: "x" })).rejects.toMatchObject({ code: 5 });
  });

  test("a board's account has all permissions that a board needs", async () => {
    const own = ["commands", "config", "set", "decision"].map((channel) => `nightlight/porch/${channel}`);
    const will = {
      topic: "nightlight/porch/status",
      payload: Buffer.from('{"online":false}'),
      qos: 1,
      retain: true,
    } as const;
    const board = await connectClient(mosquitto.url, { ...loginOf("porch"), will }, ...own, "nightlight/status");
    await board.publishAsync("nightlight/porch/status", '{"online":true}', { qos: 1, retain: true });
    await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
    const listReceivedTopics = (): string[] => board.got.map(({ topic }) => topic);
    for (const topic of ["nightlight/status", "nightlight/porch/commands", "nightlight/porch/config"])
      await eventually(() => listReceivedTopics().includes(topic), { what: topic });
    await board.publishAsync("nightlight/porch/replies", '{"seq":1,"ok":true}', { qos: 1 });
    expect(server.devices.get("nightlight/porch")).toMatchObject({ light: 1, online: true });
  });

  test("a board's account cannot use the topics of other boards or read everything", async () => {
    const reader = await connectClient(mosquitto.url, loginOf("reader"), "nightlight/#");
    const shed = await connectClient(mosquitto.url, loginOf("shed"));
    await shed.subscribeAsync(["#", "nightlight/porch/commands"], { qos: 1 }).catch(() => {});
    await shed.publishAsync("nightlight/porch/telemetry", '{"light":999}', { qos: 1 });
    await shed.publishAsync("nightlight/status", '{"online":false}', { qos: 1, retain: true });
    await shed.publishAsync("nightlight/porch/set", '{"mode":"on"}', { qos: 1 });
    await shed.publishAsync("nightlight/shed/telemetry", '{"light":2}', { qos: 1 });
    await eventually(() => server.devices.get("nightlight/shed")?.light === 2, { what: "its own reading" });
    await eventually(() => reader.got.some(({ topic }) => topic === "nightlight/shed/telemetry"), {
      what: "the reader",
    });
    const seen = new Set(reader.got.filter(({ retained }) => !retained).map(({ topic }) => topic));
    for (const channel of ["porch/telemetry", "porch/set", "status"])
      expect(seen).not.toContain(`nightlight/${channel}`);
    expect(server.devices.get("nightlight/porch")?.light).not.toBe(999);
    expect(
      shed.got.filter(({ topic }) => !topic.startsWith("nightlight/shed/") && topic !== "nightlight/status"),
    ).toEqual([]);
  });

  test("a reader changes nothing, and an app can override lamps", async () => {
    const board = await connectClient(mosquitto.url, loginOf("porch"));
    await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => server.devices.get("nightlight/porch")?.mode === "auto", { what: "the device" });
    const reader = await connectClient(mosquitto.url, loginOf("reader"));
    await reader.publishAsync("nightlight/porch/set", '{"mode":"on"}', { qos: 1 });
    const app = await connectClient(mosquitto.url, loginOf("app"));
    await app.publishAsync("nightlight/porch/set", '{"mode":"off"}', { qos: 1 });
    await eventually(() => server.devices.get("nightlight/porch")?.mode !== "auto", { what: "the override" });
    expect(server.devices.get("nightlight/porch")?.mode).toBe("off");
  });

  test("no account can take over a session of another by its client id", async () => {
    const board = await connectClient(
      mosquitto.url,
      { ...loginOf("porch"), clientId: "board" },
      "nightlight/porch/commands",
    );
    await connectClient(mosquitto.url, { ...loginOf("shed"), clientId: "board" });
    await connectClient(mosquitto.url, { ...loginOf("app"), clientId: "porch" });
    await board.publishAsync("nightlight/porch/telemetry", '{"light":5}', { qos: 1 });
    await eventually(() => board.got.length > 0, { what: "the command" });
    expect(board.connected).toBe(true);
  });
});
