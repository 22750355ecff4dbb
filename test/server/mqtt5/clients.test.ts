/** Tests common MQTT 5 clients: each acts as the lesson's device at a real server. */
import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { generateCertificate, writeCertificateAndKey } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import { isMissing, MOSQUITTO_CLIENTS } from "../../support/programs.js";
import { PYTHON_WITH_PAHO } from "../../support/python.js";
import { connectClient5, waitForMessage } from "../support/mqtt5.js";
import { connectClient, startTestServer, createTemporaryFolder } from "../support/server.js";

const LESSON_DEVICE = fileURLToPath(new URL("lesson-device.py", import.meta.url));
const runFile = promisify(execFile);

describe.skipIf(isMissing(MOSQUITTO_CLIENTS, "mosquitto_pub"))("mosquitto_pub and mosquitto_sub -V 5", () => {
  const portOf = (url: string): string => new URL(url).port;

  function subscribeWithMosquitto(url: string, ...flags: string[]) {
    const child = spawn("mosquitto_sub", ["-V", "5", "-p", portOf(url), ...flags]);
    onTestFinished(() => void child.kill());
    const output = { out: "", err: "" };
    child.stdout.on("data", (text) => (output.out += String(text)));
    child.stderr.on("data", (text) => (output.err += String(text)));
    return { child, output };
  }
  const publishWithMosquitto = (url: string, ...flags: string[]) =>
    runFile("mosquitto_pub", ["-V", "5", "-p", portOf(url), ...flags], { timeout: 60_000 });

  test.each(["0", "1", "2"])(
    "mosquitto_pub and mosquitto_sub report light at QoS %s and receive the command",
    async (qos) => {
      const { brokerUrl } = await startTestServer({ http: false });
      await publishWithMosquitto(brokerUrl, "-t", "porch/telemetry", "-m", '{"light": 1}', "-q", qos);
      // a later subscriber receives the command, because the command is retained
      const { output } = subscribeWithMosquitto(brokerUrl, "-t", "porch/commands", "-q", qos);
      await eventually(() => output.out === '{"led_on":true}\n', { what: "the command" });
      await publishWithMosquitto(brokerUrl, "-t", "porch/telemetry", "-m", '{"light": 900}', "-q", qos);
      await eventually(() => output.out === '{"led_on":true}\n{"led_on":false}\n', { what: "the next command" });
      expect(output.err).toBe("");
    },
  );

  test("mosquitto_pub and mosquitto_sub exchange properties and receive their queue after a reconnect", async () => {
    const { brokerUrl } = await startTestServer({ http: false });
    const session = ["-i", "sleeper", "-c", "-x", "300", "-t", "news", "-q", "1", "-F", "%p %P %C"];
    const first = subscribeWithMosquitto(brokerUrl, ...session, "-E");
    await eventually(() => first.child.exitCode === 0, { what: "the subscription" });
    const properties = ["-D", "publish", "user-property", "a", "b", "-D", "publish", "content-type", "text/plain"];
    await publishWithMosquitto(brokerUrl, "-t", "news", "-m", "hello", "-q", "1", ...properties);
    const second = subscribeWithMosquitto(brokerUrl, ...session);
    await eventually(() => second.output.out === "hello a:b text/plain\n", { what: "the message with its properties" });
  });
});

describe.skipIf(isMissing(PYTHON_WITH_PAHO, "Python with paho-mqtt"))("Paho for Python with MQTT 5", () => {
  test("Paho reports light at QoS 2 with properties and receives the command", async () => {
    const { brokerUrl } = await startTestServer({ http: false });
    const watcher = await connectClient5(brokerUrl);
    await watcher.subscribeAsync("paho/telemetry", { qos: 2 });
    const { stdout } = await runFile(PYTHON_WITH_PAHO!, [LESSON_DEVICE, new URL(brokerUrl).port, "12"], {
      timeout: 60_000,
    });
    expect(stdout.trim().split("\n")).toEqual([
      "connected 0 0",
      "granted [1, 0]",
      'message paho/commands {"led_on":true}',
    ]);
    const { properties } = await waitForMessage(watcher, '{"light": 12}');
    expect(properties?.userProperties).toMatchObject({ unit: "ADC" });
    expect(properties?.messageExpiryInterval).toBeGreaterThan(50);
  });
});

describe("mqtt.js with MQTT 5", () => {
  test.each(["TCP", "TLS", "WebSocket"])(
    "mqtt.js reports light over %s and receives the command",
    async (transport) => {
      const authority = await generateCertificate("Test authority", { authority: true });
      const tls = await writeCertificateAndKey(
        await createTemporaryFolder(),
        "server",
        await generateCertificate("localhost", { ca: authority }),
      );
      const { brokerUrl, secureBrokerUrl, websocketUrl } = await startTestServer({ tls, mqttsPort: 0 });
      const url = { TCP: brokerUrl, TLS: secureBrokerUrl!, WebSocket: websocketUrl! }[transport]!;
      const device = await connectClient5(url, { ca: authority.cert, servername: "localhost" });
      await device.subscribeAsync("porch/commands", { qos: 1 });
      await device.publishAsync("porch/telemetry", '{"light": 1}', { qos: 1 });
      await waitForMessage(device, '{"led_on":true}');
    },
  );
});

test("a board with MQTT 3.1.1 and an app with MQTT 5 exchange readings, commands, and the board's will", async () => {
  const { brokerUrl } = await startTestServer({ http: false });
  const app = await connectClient5(brokerUrl);
  await app.subscribeAsync("porch/#", { qos: 1 });
  const will = { topic: "porch/status", payload: Buffer.from('{"online":false}'), qos: 1, retain: true } as const;
  const board = await connectClient(
    brokerUrl,
    { clientId: "board", clean: false, will },
    "porch/commands",
    "porch/set",
  );
  await board.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
  await waitForMessage(app, '{"light":1}');
  await eventually(() => board.got.some(({ text }) => text === '{"led_on":true}'), { what: "the command" });
  const properties = { userProperties: { by: "app" }, contentType: "application/json" };
  await app.publishAsync("porch/set", '{"mode":"off"}', { qos: 1, properties });
  await eventually(() => board.got.some(({ text }) => text === '{"led_on":false}'), { what: "the override" });
  expect(board.got.map(({ text }) => text)).toContain('{"mode":"off"}');
  board.stream.destroy();
  await waitForMessage(app, '{"online":false}');
});
