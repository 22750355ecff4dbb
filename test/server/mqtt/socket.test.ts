/** Tests that a server connects to a remote broker over TCP, TLS and WebSocket. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { generateCertificate, writeCertificateAndKey } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import { startServerProgram } from "../support/program.js";
import { connectClient, startTestServer, createTemporaryFolder } from "../support/server.js";

/** Starts a broker with TLS. Returns its URLs and the certificate file of its authority. */
async function startBrokerWithTls() {
  const folder = await createTemporaryFolder();
  const authority = await generateCertificate("Test authority", { authority: true });
  const tls = await writeCertificateAndKey(folder, "server", await generateCertificate("localhost", { ca: authority }));
  const authorityFile = path.join(folder, "ca.crt");
  await writeFile(authorityFile, authority.cert);
  const { brokerUrl, secureBrokerUrl, websocketUrl } = await startTestServer({
    mqttsPort: 0,
    tls,
    topicPrefix: "elsewhere",
  });
  return { authorityFile, plain: brokerUrl, mqtts: secureBrokerUrl!, websocket: websocketUrl! };
}

/** Runs a server at a broker and checks that it publishes its status at start and stop and answers a reading. */
async function expectService(broker: string, observer: string, env: Record<string, string>): Promise<void> {
  const program = startServerProgram(
    ["--broker", broker, "--no-http", "--data", await createTemporaryFolder(), "--log", "json"],
    env,
  );
  const device = await connectClient(observer, {}, "nightlight/status");
  const isLastStatus = (text: string): boolean => device.got.at(-1)?.text === text;
  await eventually(() => isLastStatus('{"online":true}') || program.child.exitCode !== null, {
    within: 30_000,
    what: "the server",
  });
  expect(program.output.err).toBe("");
  // look for the answer in the log of the server under test, because the server that contains the broker also answers
  await device.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => program.readEntries().some(({ event, id }) => event === "sent" && id === "nightlight/porch"), {
    within: 10_000,
    what: "its answer",
  });
  program.child.kill("SIGTERM");
  expect(await program.waitForExit()).toBe(0);
  await eventually(() => isLastStatus('{"online":false}'), { what: "its offline status" });
}

describe("a server", () => {
  test("a server connects over TLS to a broker whose authority NODE_EXTRA_CA_CERTS names", async () => {
    const { mqtts, plain, authorityFile } = await startBrokerWithTls();
    await expectService(mqtts.replace("127.0.0.1", "localhost"), plain, { NODE_EXTRA_CA_CERTS: authorityFile });
  });

  test("a server connects over WebSocket, with and without TLS", async () => {
    const { websocket, plain, authorityFile } = await startBrokerWithTls();
    expect(websocket).toMatch(/^wss:/);
    await expectService(websocket, plain, { NODE_EXTRA_CA_CERTS: authorityFile });
    const without = await startTestServer({ topicPrefix: "elsewhere" });
    await expectService(without.websocketUrl!, without.brokerUrl, {});
  });

  test("a server refuses a broker whose certificate is not signed by a known authority", async () => {
    const { mqtts } = await startBrokerWithTls();
    const program = startServerProgram(["--broker", mqtts, "--no-http", "--data", await createTemporaryFolder()]);
    expect(await program.waitForExit()).not.toBe(0);
    expect(program.output.err).toMatch(/NODE_EXTRA_CA_CERTS/);
  });
});
