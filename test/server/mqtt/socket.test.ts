/** A server at the broker of another one, by every way that leads there. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { certificate, writePair } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import { run } from "../support/program.js";
import { client, server, temporaryFolder } from "../support/server.js";

/** A broker with TLS, and the file of the authority that vouches for it. */
async function brokerWithTls() {
  const folder = await temporaryFolder();
  const authority = await certificate("Test authority", { authority: true });
  const tls = await writePair(folder, "server", await certificate("localhost", { ca: authority }));
  const authorityFile = path.join(folder, "ca.crt");
  await writeFile(authorityFile, authority.cert);
  const { brokerUrl, secureBrokerUrl, websocketUrl } = await server({ mqttsPort: 0, tls, topicPrefix: "elsewhere" });
  return { authorityFile, plain: brokerUrl, mqtts: secureBrokerUrl!, websocket: websocketUrl! };
}

/** Runs a server at this broker: it says that it is there, takes a reading, and says that it leaves. */
async function joins(broker: string, observer: string, env: Record<string, string>): Promise<void> {
  const program = run(["--broker", broker, "--no-http", "--data", await temporaryFolder(), "--log", "json"], env);
  const device = await client(observer, {}, "nightlight/status");
  const said = (text: string): boolean => device.got.at(-1)?.text === text;
  await eventually(() => said('{"online":true}') || program.child.exitCode !== null, {
    within: 30_000,
    what: "the server",
  });
  expect(program.output.err).toBe("");
  // the broker's own server answers as well, so that it is asked what it got
  await device.publishAsync("nightlight/porch/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => program.entries().some(({ event, id }) => event === "sent" && id === "nightlight/porch"), {
    within: 10_000,
    what: "its answer",
  });
  program.child.kill("SIGTERM");
  expect(await program.ended()).toBe(0);
  await eventually(() => said('{"online":false}'), { what: "its farewell" });
}

describe("a server joins the broker", () => {
  test("over TLS, whose authority NODE_EXTRA_CA_CERTS names", async () => {
    const { mqtts, plain, authorityFile } = await brokerWithTls();
    await joins(mqtts.replace("127.0.0.1", "localhost"), plain, { NODE_EXTRA_CA_CERTS: authorityFile });
  });

  test("over WebSocket, with and without TLS", async () => {
    const { websocket, plain, authorityFile } = await brokerWithTls();
    expect(websocket).toMatch(/^wss:/);
    await joins(websocket, plain, { NODE_EXTRA_CA_CERTS: authorityFile });
    const without = await server({ topicPrefix: "elsewhere" });
    await joins(without.websocketUrl!, without.brokerUrl, {});
  });

  test("and not one that nobody vouches for", async () => {
    const { mqtts } = await brokerWithTls();
    const program = run(["--broker", mqtts, "--no-http", "--data", await temporaryFolder()]);
    expect(await program.ended()).not.toBe(0);
    expect(program.output.err).toMatch(/NODE_EXTRA_CA_CERTS/);
  });
});
