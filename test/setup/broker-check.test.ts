/** Tests how setup and doctor find out whether a broker accepts a board, and their advice if the broker refuses it. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { generate } from "selfsigned";
import { describe, expect, test } from "vitest";
import { checkBroker } from "../../scripts/setup/broker-check.js";
import { listEsp32Roots } from "../../scripts/setup/esp32-roots.js";
import { generateCertificate } from "../support/certificates.js";
import { freePort } from "../support/free-port.js";
import { Readable } from "node:stream";
import { userCommand } from "../../server/src/app/commands/user.js";
import { startTestServer, createTemporaryFolder } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { createConnackPacket, startFakeBroker } from "./support.js";

const createBrokerAt = (port: number, host = "127.0.0.1") => ({ host, port, tls: false });
const ACCOUNT = { user: "porch", password: "s3cret word" };
const NO_ACCOUNT = { user: "", password: "" };

test("a broker that accepts the board gives no problem", async () => {
  const { brokerUrl } = await startTestServer({ http: false });
  expect(await checkBroker({ broker: createBrokerAt(Number(new URL(brokerUrl).port)), ...NO_ACCOUNT })).toBe("");
});

test.each([
  [1, /does not support MQTT 3\.1\.1/],
  [2, /refuses the client id/],
  [3, /try again later/],
  [4, /user name or the password; correct them/],
  [5, /does not authorize this user/],
  [77, /code 77/],
])("a CONNACK with code %i is explained without the password", async (code, reason) => {
  const { port } = await startFakeBroker(createConnackPacket(code));
  const problem = await checkBroker({ broker: createBrokerAt(port), ...ACCOUNT });
  expect(problem).toMatch(reason);
  expect(problem).toContain(`mqtt://127.0.0.1:${port}`);
  expect(problem).not.toContain("s3cret");
});

test("a broker that requires a user name gives a sentence about it", async () => {
  const { port } = await startFakeBroker(createConnackPacket(5));
  expect(await checkBroker({ broker: createBrokerAt(port), ...NO_ACCOUNT })).toContain(
    "requires a user name and a password",
  );
});

test("a broker that never answers gives a problem at the time limit", async () => {
  const { port } = await startFakeBroker(undefined);
  expect(await checkBroker({ broker: createBrokerAt(port), ...NO_ACCOUNT }, { within: 200 })).toContain(
    "does not answer",
  );
});

test("a program that closes the connection or speaks another protocol is reported as no broker", async () => {
  const closes = await startFakeBroker("close");
  expect(await checkBroker({ broker: createBrokerAt(closes.port), ...NO_ACCOUNT })).toContain("closed the connection");
  const http = await startFakeBroker([...Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
  expect(await checkBroker({ broker: createBrokerAt(http.port), ...NO_ACCOUNT })).toContain("is its MQTT port");
});

test("a refused connection gives the command that starts a broker", async () => {
  expect(await checkBroker({ broker: createBrokerAt(await freePort()), ...NO_ACCOUNT })).toMatch(
    /nothing listens.*npm start/,
  );
});

test("an unknown host name is part of the message", async () => {
  // no resolver knows the name, because RFC 6761 reserves .invalid
  expect(
    await checkBroker({ broker: createBrokerAt(1883, "broker.invalid"), ...NO_ACCOUNT }, { within: 3000 }),
  ).toContain("broker.invalid");
});

describe("the broker test over TLS", () => {
  const createSecureBroker = (port: number) => ({ host: "localhost", port, tls: true });

  test("refuses an untrusted certificate before it sends user name and password", async () => {
    const broker = await startFakeBroker(createConnackPacket(0), await generateCertificate("localhost"));
    const problem = await checkBroker({ broker: createSecureBroker(broker.port), ...ACCOUNT });
    expect(problem).toContain("a certificate that an ESP32 cannot verify");
    expect(broker.readReceivedText()).toBe("");
  });

  test("accepts a certificate of a trusted authority", async () => {
    const ca = await generateCertificate("authority", { authority: true });
    const broker = await startFakeBroker(createConnackPacket(0), await generateCertificate("localhost", { ca }));
    expect(await checkBroker({ broker: createSecureBroker(broker.port), ...ACCOUNT }, { roots: [ca.cert] })).toBe("");
    expect(broker.readReceivedText()).toContain("s3cret word");
  });

  test("reports an expired certificate, and one for another name", async () => {
    const ca = await generateCertificate("authority", { authority: true });
    const old = { validFrom: new Date(Date.now() - 2 * 86_400_000), validTo: new Date(Date.now() - 86_400_000) };
    const expired = await startFakeBroker(
      createConnackPacket(0),
      await generateCertificate("localhost", { ca, ...old }),
    );
    expect(
      await checkBroker({ broker: createSecureBroker(expired.port), ...NO_ACCOUNT }, { roots: [ca.cert] }),
    ).toContain("expired");
    const { cert, private: key } = await generate([{ name: "commonName", value: "other.example" }], {
      keyType: "ec",
      algorithm: "sha256",
      ca,
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "other.example" }] }],
    });
    const other = await startFakeBroker(createConnackPacket(0), { cert, key });
    expect(
      await checkBroker({ broker: createSecureBroker(other.port), ...NO_ACCOUNT }, { roots: [ca.cert] }),
    ).toContain("a certificate for another name");
  });

  test("reports a broker that supports only TLS 1.3", async () => {
    const ca = await generateCertificate("authority", { authority: true });
    const pair = await generateCertificate("localhost", { ca });
    const broker = await startFakeBroker(createConnackPacket(0), { ...pair, minVersion: "TLSv1.3" });
    expect(
      await checkBroker({ broker: createSecureBroker(broker.port), ...NO_ACCOUNT }, { roots: [ca.cert] }),
    ).toContain("TLS 1.2");
  });

  test("reports a port without TLS", async () => {
    const broker = await startFakeBroker([...Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
    expect(await checkBroker({ broker: createSecureBroker(broker.port), ...NO_ACCOUNT })).toContain("TLS");
  });
});

test("the trusted authorities are most of Node's, without Google's, as on an ESP32", () => {
  const roots = listEsp32Roots();
  const subjects = roots.map((pem) => new X509Certificate(pem).subject).join("\n");
  expect(subjects).toContain("CN=ISRG Root X1");
  expect(subjects).toContain("CN=DigiCert Global Root G2");
  expect(subjects).not.toContain("CN=GTS Root");
  expect(rootCertificates.some((pem) => new X509Certificate(pem).subject.includes("CN=GTS Root"))).toBe(true);
  expect(roots.length).toBeGreaterThan(60);
  expect(new Set(roots).size).toBe(roots.length);
});

test("the nightlight server accepts a board with an account, and refuses a wrong password and a missing user", async () => {
  const data = await createTemporaryFolder();
  const { brokerUrl } = await startTestServer({ http: false, data });
  const broker = createBrokerAt(Number(new URL(brokerUrl).port));
  const messages = { write: () => true };
  const input = Object.assign(Readable.from(["s3cret word\n"]), { isTTY: false });
  const args = ["add", "porch", "--device", "nightlight/porch", "--password-stdin"];
  await userCommand(() => data, { input, output: messages, messages }).parseAsync(args, { from: "user" });
  // polls, because a running server takes up to a second to read new accounts
  await eventually(async () => (await checkBroker({ broker, ...NO_ACCOUNT })) !== "", {
    what: "the server to require the account",
  });
  expect(await checkBroker({ broker, ...ACCOUNT })).toBe("");
  expect(await checkBroker({ broker, ...ACCOUNT, password: "wrong" })).toMatch(/user name or the password|this user/);
  expect(await checkBroker({ broker, ...NO_ACCOUNT })).toMatch(/user name/);
});
