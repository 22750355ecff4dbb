/** Tests that every message in docs/how-to/troubleshooting.md can occur: the tests cause each message. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import mqtt from "mqtt";
import { startServer, type Log, type ServerOptions } from "nightlight-server";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { ContestedClientId } from "../../server/dashboard/api.js";
import { formatContestedIdTitle } from "../../server/dashboard/labels.js";
import { en } from "../../server/dashboard/messages/en.js";
import { setMessages } from "../../server/dashboard/messages/message.js";
import { sha256Of } from "../../server/src/security/scrypt.js";
import { changeUsers } from "../../server/src/security/users-file.js";
import { loadFirmware } from "../../sim/firmware.js";
import { SimulatedBoard } from "../../sim/index.js";
import { ask } from "../server/support/api.js";
import { addUsers, loginOf, startBrokerWithAccounts } from "../server/support/guarded.js";
import { startPeopleServer } from "../server/support/people.js";
import { connectClient, startTestServer, createTemporaryFolder } from "../server/support/server.js";
import { generateCertificate, writeCertificateAndKey, type CertificateAndKey } from "../support/certificates.js";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { readPage } from "./support/pages.js";

/** The messages in the tables of docs/how-to/troubleshooting.md, in which "…" stands for any text. */
const SYMPTOMS = [...readPage("docs/how-to/troubleshooting.md").matchAll(/^\| `([^`]+)` \|/gm)].map(([, text]) => text);
const patternOf = (symptom: string): RegExp =>
  new RegExp(symptom.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")); // prettier-ignore

/** Messages of the page that a test has caused; at the end, no message may be missing. */
const causedMessages = new Set<string>();

/** Expects that a message is on the page. */
function expectOnPage(message: string): void {
  const found = SYMPTOMS.filter((symptom) => patternOf(symptom).test(message));
  expect(found, `no row of the page is: ${message}`).not.toEqual([]);
  for (const symptom of found) causedMessages.add(symptom);
}

/** Starts a server that must fail, and returns the error message. */
async function errorOfStart(options: ServerOptions): Promise<string> {
  const data = options.data ?? (await createTemporaryFolder());
  return startServer({ mqttPort: 0, httpPort: 0, history: false, ...options, data }).then(
    async (started) => {
      await started.close();
      return "it started";
    },
    (error: Error) => error.message,
  );
}

let pair: CertificateAndKey;
let other: CertificateAndKey;
beforeAll(async () => {
  pair = await generateCertificate("localhost");
  other = await generateCertificate("localhost");
});

test("the page explains ports, folders and addresses that the server cannot use", async () => {
  const data = await createTemporaryFolder();
  const { brokerUrl, httpUrl } = await startTestServer({ data });
  const portOf = (url: string): number => Number(new URL(url).port);
  expectOnPage(await errorOfStart({ mqttPort: portOf(brokerUrl) }));
  expectOnPage(await errorOfStart({ httpPort: portOf(httpUrl!) }));
  expectOnPage(await errorOfStart({ data }));
  expectOnPage(await errorOfStart({ host: "0.0.0.0", http: false }));
  // 203.0.113.9 belongs to TEST-NET-3, whose addresses no computer has, so the server cannot listen on it
  expectOnPage(await errorOfStart({ host: "203.0.113.9", anonymous: true }));
});

test("the page explains missing and mismatched certificates", async () => {
  const folder = await createTemporaryFolder();
  const files = await writeCertificateAndKey(folder, "one", pair);
  const wrong = await writeCertificateAndKey(folder, "two", other);
  expectOnPage(await errorOfStart({ tls: { cert: path.join(folder, "none"), key: files.key } }));
  expectOnPage(await errorOfStart({ tls: { cert: files.cert, key: wrong.key } }));
});

test("the page explains brokers that are not running or refuse the server", async () => {
  expectOnPage(await errorOfStart({ broker: `mqtt://127.0.0.1:${await freePort()}` }));
  const { url } = await startBrokerWithAccounts({ boss: "admin" });
  expectOnPage(await errorOfStart({ broker: url, username: "boss", password: "wrong" }));
});

test("the page explains refused HTTP requests", async () => {
  const open = await startTestServer();
  const host = await ask(open.httpUrl!, "/api/status", { headers: { host: "example.org" } });
  expectOnPage((host.body as { error: string }).error);
  const lesson = await connectClient(open.brokerUrl);
  await lesson.publishAsync("nightlight/porch/telemetry", '{"light":212}', { qos: 1 });
  const json = { "content-type": "application/json" };
  const action = await ask(open.httpUrl!, "/api/devices/nightlight/porch/actions", { method: "POST", headers: json }, '{"action":"report"}'); // prettier-ignore
  expectOnPage((action.body as { error: string }).error);

  const data = await createTemporaryFolder();
  await addUsers(data, { boss: "admin", wall: "reader" });
  const closed = await startTestServer({ data });
  expectOnPage(((await ask(closed.httpUrl!, "/api/devices")).body as { error: string }).error);
  await changeUsers(data, (users) => {
    const tokens = [{ hash: sha256Of("old"), made: "2025-10-01T00:00:00.000Z", expires: "2026-01-01T00:00:00.000Z" }];
    users.set("wall", { ...users.get("wall")!, tokens });
  });
  const requestWithToken = async (token: string): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    return ((await ask(closed.httpUrl!, "/api/devices", { headers })).body as { error: string }).error;
  };
  expectOnPage(await requestWithToken("unknown"));
  const expired = await eventually(
    async () => {
      const error = await requestWithToken("old");
      return error.includes("expired") && error;
    },
    { what: "the token to be known" },
  );
  expectOnPage(String(expired));
  const { username, password } = loginOf("wall");
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const change = await ask(closed.httpUrl!, "/api/devices/nightlight/porch/mode", { method: "PUT", headers: { ...json, authorization } }, '{"mode":"on"}'); // prettier-ignore
  expectOnPage((change.body as { error: string }).error);
});

test("the page explains the log message of a server that others can reach before anybody has an account", async () => {
  const { log } = await startPeopleServer({ host: "0.0.0.0" });
  expectOnPage(log.lines.find(({ text }) => text.includes("one-time code"))!.text);
});

test("the page explains the server's log messages about devices", async () => {
  const lines: string[] = [];
  const log: Log = new Proxy({} as Log, {
    get: (_, level) => (_event: string, text?: unknown) => {
      if (level === "warn" && typeof text === "string") lines.push(text);
    },
  });
  const data = await createTemporaryFolder();
  await addUsers(data, { boss: "admin", porch: { device: "nightlight/porch" } });
  const { brokerUrl } = await startTestServer({ data, log });
  const boss = await connectClient(brokerUrl, loginOf("boss"));
  await boss.publishAsync("nightlight/a/telemetry", '{"light":"dark"}', { qos: 1 });
  await boss.publishAsync("nightlight/b/telemetry", "212", { qos: 1 });
  const porch = await connectClient(brokerUrl, loginOf("porch"));
  await porch.publishAsync("nightlight/attic/telemetry", '{"light":212}', { qos: 1 });
  await connectClient(brokerUrl, { username: "porch", password: "wrong" }).catch(() => {});
  await eventually(() => lines.length >= 4, { what: `four messages, not ${lines.join("; ")}` });
  for (const line of lines) expectOnPage(line);
});

test("the page explains the dashboard's message about two clients with one client id", async () => {
  const { brokerUrl, httpUrl } = await startTestServer();
  for (let i = 0; i < 2; i++) {
    const rival = mqtt.connect(brokerUrl, { clientId: "phone", reconnectPeriod: 50 });
    onTestFinished(() => void rival.end(true));
    rival.on("error", () => {});
  }
  const contested = await eventually(
    async () => {
      const { body } = await ask(httpUrl!, "/api/status");
      return (body as { contested_client_ids: ContestedClientId[] }).contested_client_ids[0];
    },
    { within: 60_000, what: "the client id that two clients fight over" },
  );
  expect(contested).toMatchObject({ client_id: "phone", account: null });
  setMessages(en, "en");
  expectOnPage(formatContestedIdTitle(contested));
}, 90_000);

test("the page explains a board's log messages", async () => {
  const folder = await createTemporaryFolder();
  await writeFile(path.join(folder, "none"), "");
  const { url } = await startBrokerWithAccounts({ boss: "admin" });
  const lines: string[] = [];
  const settings = [
    { MQTT_HOST: "127.0.0.1", MQTT_PORT: await freePort() },
    { MQTT_HOST: "127.0.0.1", MQTT_PORT: Number(new URL(url).port) },
    { MQTT_HOST: "127.0.0.1", MQTT_PORT: "none" },
    { MQTT_HOST: "127.0.0.1", MQTT_PORT: 1, NL_ID: "a+b" },
  ];
  for (const [i, given] of settings.entries()) {
    const board = new SimulatedBoard({ id: `b${i}`, bytecode: loadFirmware("main").bytecode, settings: given });
    board.on("log", (_level, line) => lines.push(line));
    onTestFinished(() => board.stop());
    await board.start();
  }
  for (const what of [/cannot connect/, /the broker refused/, /setting MQTT_PORT/, /setting NL_ID/])
    expectOnPage(await eventually(() => lines.find((line) => what.test(line)), { within: 30_000, what: String(what) }));
}, 60_000);

test("the page has no other messages", () => {
  expect(SYMPTOMS.filter((symptom) => !causedMessages.has(symptom))).toEqual([]);
});
