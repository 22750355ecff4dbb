/** docs/mosquitto, as its readers use it: the files are those, with other paths and another port. */
import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { startServer, type NightlightServer } from "nightlight-server";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { missing, MOSQUITTO } from "../support/programs.js";
import { as, passwordOf } from "./support/guarded.js";
import { client } from "./support/server.js";

const DOCS = fileURLToPath(new URL("../../docs/mosquitto/", import.meta.url));
const USERS = ["nightlight-server", "porch", "shed", "reader", "app", "homeassistant"];

/** The lines of mosquitto.conf that are not about where things are. */
async function configuration(folder: string): Promise<string[]> {
  const text = await readFile(path.join(DOCS, "mosquitto.conf"), "utf8");
  return text
    .replaceAll("/etc/mosquitto/", `${folder}${path.sep}`)
    .replaceAll("/var/lib/mosquitto/", `${folder}${path.sep}`)
    .split(/\r?\n/)
    .filter((line) => !/^(listener|set_tcp_nodelay|max_queued_messages|persistence\b|#|$)/.test(line));
}

describe.skipIf(missing(MOSQUITTO, "Mosquitto"))("with docs/mosquitto", () => {
  let folder: string;
  let mosquitto: Mosquitto;
  let server: NightlightServer;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "nightlight-acl-"));
    const passwords = path.join(folder, "nightlight.passwd");
    USERS.forEach((name, n) => {
      const program = MOSQUITTO!.replace(/^.*mosquitto$/, "mosquitto_passwd");
      const { status, stderr } = spawnSync(program, [
        ...(n === 0 ? ["-c"] : []),
        "-b",
        passwords,
        name,
        passwordOf(name),
      ]);
      if (status !== 0) throw new Error(`mosquitto_passwd failed: ${String(stderr)}`);
    });
    await copyFile(path.join(DOCS, "nightlight.acl"), path.join(folder, "nightlight.acl"));
    mosquitto = await startMosquitto({ persistent: false, lines: await configuration(folder) });
    const login = as("nightlight-server");
    server = await startServer({ broker: mosquitto.url, ...login, data: path.join(folder, "data"), http: false });
  });
  afterAll(async () => {
    await server?.close();
    await mosquitto?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test("nobody is let in without a user, or with a wrong password", async () => {
    await expect(client(mosquitto.url)).rejects.toMatchObject({ code: 5 });
    await expect(client(mosquitto.url, { username: "porch", password: "x" })).rejects.toMatchObject({ code: 5 });
  });

  test("a board's user is enough for a board", async () => {
    const own = ["commands", "config", "set", "decision"].map((channel) => `nightlight/porch/${channel}`);
    const will = {
      topic: "nightlight/porch/status",
      payload: Buffer.from('{"online":false}'),
      qos: 1,
      retain: true,
    } as const;
    const board = await client(mosquitto.url, { ...as("porch"), will }, ...own, "nightlight/status");
    await board.publishAsync("nightlight/porch/status", '{"online":true}', { qos: 1, retain: true });
    await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
    const topics = (): string[] => board.got.map(({ topic }) => topic);
    for (const topic of ["nightlight/status", "nightlight/porch/commands", "nightlight/porch/config"])
      await eventually(() => topics().includes(topic), { what: topic });
    await board.publishAsync("nightlight/porch/replies", '{"seq":1,"ok":true}', { qos: 1 });
    expect(server.devices.get("nightlight/porch")).toMatchObject({ light: 1, online: true });
  });

  test("a board's user may not use another's topics, nor read everything", async () => {
    const reader = await client(mosquitto.url, as("reader"), "nightlight/#");
    const shed = await client(mosquitto.url, as("shed"));
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

  test("a reader changes nothing, an app overrides", async () => {
    const board = await client(mosquitto.url, as("porch"));
    await board.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => server.devices.get("nightlight/porch")?.mode === "auto", { what: "the device" });
    const reader = await client(mosquitto.url, as("reader"));
    await reader.publishAsync("nightlight/porch/set", '{"mode":"on"}', { qos: 1 });
    const app = await client(mosquitto.url, as("app"));
    await app.publishAsync("nightlight/porch/set", '{"mode":"off"}', { qos: 1 });
    await eventually(() => server.devices.get("nightlight/porch")?.mode !== "auto", { what: "the override" });
    expect(server.devices.get("nightlight/porch")?.mode).toBe("off");
  });

  test("nobody takes over another's session by its client id", async () => {
    const board = await client(mosquitto.url, { ...as("porch"), clientId: "board" }, "nightlight/porch/commands");
    await client(mosquitto.url, { ...as("shed"), clientId: "board" });
    await client(mosquitto.url, { ...as("app"), clientId: "porch" });
    await board.publishAsync("nightlight/porch/telemetry", '{"light":5}', { qos: 1 });
    await eventually(() => board.got.length > 0, { what: "the command" });
    expect(board.connected).toBe(true);
  });
});
