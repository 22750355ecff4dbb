/** Tests that a server connects to a remote broker over TCP, TLS and WebSocket. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { certificate, writePair } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import { run } from "../support/program.js";
import { client, server, temporaryFolder } from "../support/server.js";

/** Starts a broker with TLS. Returns its URLs and the certificate file of its authority. */
async function brokerWithTls() {
  const folder = await temporaryFolder();
  const authority = await certificate("Test authority", { authority: true });
  const tls = await writePair(folder, "server", await certificate("localhost", { ca: authority }));
  const authorityFile = path.join(folder, "ca.crt");
  await writeFile(authorityFile, authority.cert);
  const { brokerUrl, secureBrokerUrl, websocketUrl } = await server({ mqttsPort: 0, tls, topicPrefix: "elsewhere" });
  return { authorityFile, plain: brokerUrl, mqtts: secureBrokerUrl!, websocket: websocketUrl! };
}

/** Runs a server at a broker and checks that it publishes its status at start and stop and answers a reading. */
async function expectService(broker: string, observer: string, env: Record<string, string>): Promise<void> {
  const program = run(["--broker", broker, "--no-http", "--data", await temporaryFolder(), "--log", "json"], env);
  const device = await client(observer, {}, "nightlight/status");
  const lastStatusIs = (text: string): boolean => device.got.at(-1)?.text === text;
  await eventually(() => lastStatusIs('{"online":true}') || program.child.exitCode !== null, {
    within: 30_000,
    what: "the server",
  });
  expect(program.output.err).toBe("");
  // look for the answer in the log of the server under test, because the server that contains the broker also answers
  await device.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => program.entries().some(({ event, id }) => event === "sent" && id === "nightlight/porch"), {
    within: 10_000,
    what: "its answer",
  });
  program.child.kill("SIGTERM");
  expect(await program.ended()).toBe(0);
  await eventually(() => lastStatusIs('{"online":false}'), { what: "its offline status" });
}

describe("a server", () => {
  test("a server connects over TLS to a broker whose authority NODE_EXTRA_CA_CERTS names", async () => {
    const { mqtts, plain, authorityFile } = await brokerWithTls();
    await expectService(mqtts.replace("127.0.0.1", "localhost"), plain, { NODE_EXTRA_CA_CERTS: authorityFile });
  });

  test("a server connects over WebSocket, with and without TLS", async () => {
    const { websocket, plain, authorityFile } = await brokerWithTls();
    expect(websocket).toMatch(/^wss:/);
    await expectService(websocket, plain, { NODE_EXTRA_CA_CERTS: authorityFile });
    const without = await server({ topicPrefix: "elsewhere" });
    await expectService(without.websocketUrl!, without.brokerUrl, {});
  });

  test("a server refuses a broker whose certificate is not signed by a known authority", async () => {
    const { mqtts } = await brokerWithTls();
    const program = run(["--broker", mqtts, "--no-http", "--data", await temporaryFolder()]);
    expect(await program.ended()).not.toBe(0);
    expect(program.output.err).toMatch(/NODE_EXTRA_CA_CERTS/);
  });
});
