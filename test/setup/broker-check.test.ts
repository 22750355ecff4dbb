/** Setup and doctor say whether the broker would let a board in, and what to do if not. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { generate } from "selfsigned";
import { describe, expect, test } from "vitest";
import { checkBroker } from "../../scripts/setup/broker-check.js";
import { esp32Roots } from "../../scripts/setup/esp32-roots.js";
import { certificate } from "../support/certificates.js";
import { freePort } from "../support/mosquitto.js";
import { Readable } from "node:stream";
import { userCommand } from "../../server/src/app/commands/user.js";
import { server, temporaryFolder } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";
import { connack, fakeBroker } from "./support.js";

const at = (port: number, host = "127.0.0.1") => ({ host, port, tls: false });
const me = { user: "porch", password: "s3cret word" };
const nobody = { user: "", password: "" };

test("a broker that lets the board in is all right", async () => {
  const { brokerUrl } = await server({ http: false });
  expect(await checkBroker({ broker: at(Number(new URL(brokerUrl).port)), ...nobody })).toBe("");
});

test.each([
  [1, /does not speak MQTT 3\.1\.1/],
  [2, /refuses the client id/],
  [3, /try again later/],
  [4, /user name or the password; correct them/],
  [5, /does not let this user in/],
  [77, /code 77/],
])("a refusal with code %i is explained, and shows no password", async (code, reason) => {
  const { port } = await fakeBroker(connack(code));
  const problem = await checkBroker({ broker: at(port), ...me });
  expect(problem).toMatch(reason);
  expect(problem).toContain(`mqtt://127.0.0.1:${port}`);
  expect(problem).not.toContain("s3cret");
});

test("a broker that wants a user name says so to whoever gave none", async () => {
  const { port } = await fakeBroker(connack(5));
  expect(await checkBroker({ broker: at(port), ...nobody })).toContain("wants a user name and a password");
});

test("a broker that never answers is given up at the deadline", async () => {
  const { port } = await fakeBroker(undefined);
  expect(await checkBroker({ broker: at(port), ...nobody }, { within: 200 })).toContain("does not answer");
});

test("something that closes the connection, or speaks another language, is no broker", async () => {
  const closes = await fakeBroker("close");
  expect(await checkBroker({ broker: at(closes.port), ...nobody })).toContain("closed the connection");
  const http = await fakeBroker([...Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
  expect(await checkBroker({ broker: at(http.port), ...nobody })).toContain("is its MQTT port");
});

test("where nobody listens, the sentence says how a broker is started", async () => {
  expect(await checkBroker({ broker: at(await freePort()), ...nobody })).toMatch(/nothing listens.*npm start/);
});

test("a name that nobody knows is named", async () => {
  // RFC 6761: no resolver knows it
  expect(await checkBroker({ broker: at(1883, "broker.invalid"), ...nobody }, { within: 3000 })).toContain(
    "broker.invalid",
  );
});

describe("over TLS", () => {
  const secure = (port: number) => ({ host: "localhost", port, tls: true });

  test("a certificate that a board cannot verify is refused before user name and password are sent", async () => {
    const broker = await fakeBroker(connack(0), await certificate("localhost"));
    const problem = await checkBroker({ broker: secure(broker.port), ...me });
    expect(problem).toContain("a certificate that an ESP32 cannot verify");
    expect(broker.received()).toBe("");
  });

  test("a certificate of an authority that the board trusts is all right", async () => {
    const ca = await certificate("authority", { authority: true });
    const broker = await fakeBroker(connack(0), await certificate("localhost", { ca }));
    expect(await checkBroker({ broker: secure(broker.port), ...me }, { roots: [ca.cert] })).toBe("");
    expect(broker.received()).toContain("s3cret word");
  });

  test("a certificate that has expired, or is for another name, is named as that", async () => {
    const ca = await certificate("authority", { authority: true });
    const old = { from: new Date(Date.now() - 2 * 86_400_000), to: new Date(Date.now() - 86_400_000) };
    const expired = await fakeBroker(connack(0), await certificate("localhost", { ca, ...old }));
    expect(await checkBroker({ broker: secure(expired.port), ...nobody }, { roots: [ca.cert] })).toContain("expired");
    const { cert, private: key } = await generate([{ name: "commonName", value: "other.example" }], {
      keyType: "ec",
      algorithm: "sha256",
      ca,
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "other.example" }] }],
    });
    const other = await fakeBroker(connack(0), { cert, key });
    expect(await checkBroker({ broker: secure(other.port), ...nobody }, { roots: [ca.cert] })).toContain(
      "a certificate for another name",
    );
  });

  test("a broker that speaks TLS 1.3 alone is none for an ESP32", async () => {
    const ca = await certificate("authority", { authority: true });
    const pair = await certificate("localhost", { ca });
    const broker = await fakeBroker(connack(0), { ...pair, minVersion: "TLSv1.3" });
    expect(await checkBroker({ broker: secure(broker.port), ...nobody }, { roots: [ca.cert] })).toContain("TLS 1.2");
  });

  test("a broker that speaks no TLS on that port is named as that", async () => {
    const broker = await fakeBroker([...Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
    expect(await checkBroker({ broker: secure(broker.port), ...nobody })).toContain("TLS");
  });
});

test("the authorities are those of an ESP32 and of Node: most of Node's, and not Google's", () => {
  const roots = esp32Roots();
  const subjects = roots.map((pem) => new X509Certificate(pem).subject).join("\n");
  expect(subjects).toContain("CN=ISRG Root X1");
  expect(subjects).toContain("CN=DigiCert Global Root G2");
  expect(subjects).not.toContain("CN=GTS Root");
  expect(rootCertificates.some((pem) => new X509Certificate(pem).subject.includes("CN=GTS Root"))).toBe(true);
  expect(roots.length).toBeGreaterThan(60);
  expect(new Set(roots).size).toBe(roots.length);
});

test("our own server lets in a board that it has an account for, and nobody else", async () => {
  const data = await temporaryFolder();
  const { brokerUrl } = await server({ http: false, data });
  const broker = at(Number(new URL(brokerUrl).port));
  const messages = { write: () => true };
  const input = Object.assign(Readable.from(["s3cret word\n"]), { isTTY: false });
  const args = ["add", "porch", "--device", "nightlight/porch", "--password-stdin"];
  await userCommand(() => data, { input, output: messages, messages }).parseAsync(args, { from: "user" });
  // a server that runs knows it within a second
  await eventually(async () => (await checkBroker({ broker, ...nobody })) !== "", {
    what: "the account to be in force",
  });
  expect(await checkBroker({ broker, ...me })).toBe("");
  expect(await checkBroker({ broker, ...me, password: "wrong" })).toMatch(/user name or the password|this user/);
  expect(await checkBroker({ broker, ...nobody })).toMatch(/user name/);
});
