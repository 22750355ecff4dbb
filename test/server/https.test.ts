import { writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";
import { generate } from "selfsigned";
import { expect, onTestFinished, test } from "vitest";
import { silentLog } from "../../server/src/observability/log.js";
import type { TlsFiles } from "../../server/src/security/certificates.js";
import { watchCertificates, type Certificates } from "../../server/src/security/certificates.js";
import { eventually } from "../support/eventually.js";
import { ask, startHttpApp, logIn, portOf, createThreeAccounts, type TestApp } from "./support/http-app.js";
import { createTemporaryFolder } from "./support/server.js";

const MODE_PATH = "/api/devices/nightlight/porch/mode";

interface TestCertificates {
  readonly files: TlsFiles;
  /** A client certificate of the same authority, with the user's name as its common name. */
  readonly client: { cert: string; key: string };
  /** Replaces the certificate and key files. */
  renew(): Promise<void>;
}

/** Creates a server certificate for this machine and a client certificate. */
async function createCertificates(user = "ann"): Promise<TestCertificates> {
  const folder = await createTemporaryFolder();
  const files = { cert: path.join(folder, "cert.pem"), key: path.join(folder, "key.pem") };
  const ec = { keyType: "ec", algorithm: "sha256" } as const;
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    ...ec,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
    ],
    clientCertificate: { cn: user, ...ec },
  });
  await writeFile(files.cert, made.cert);
  await writeFile(files.key, made.private);
  return {
    files,
    client: { cert: made.clientcert!, key: made.clientprivate! },
    async renew() {
      const renewed = await generate([{ name: "commonName", value: "localhost" }], ec);
      await writeFile(files.key, renewed.private);
      await writeFile(files.cert, renewed.cert);
    },
  };
}

async function watchForTest(files: TlsFiles, every?: number): Promise<Certificates> {
  const certificates = await watchCertificates(files, silentLog, every);
  onTestFinished(() => certificates.close());
  return certificates;
}

/** Starts the application over HTTPS with accounts. */
async function startSecureApp(options: Parameters<typeof startHttpApp>[0] = {}): Promise<TestApp> {
  const { files } = await createCertificates();
  return startHttpApp({ accounts: createThreeAccounts(), tls: await watchForTest(files), ...options });
}

/** Returns the server's certificate from a TLS handshake, or the error code. */
function readPresentedCertificate(server: http.Server, options: tls.ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = tls.connect({ port: portOf(server), host: "127.0.0.1", rejectUnauthorized: false, ...options });
    socket.on("secureConnect", () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

test("a server with a certificate uses HTTPS and a session cookie bound to this host and HTTPS", async () => {
  const { url, server } = await startSecureApp();
  expect(url).toMatch(/^https:/);
  const answer = await ask(url, "/api/login", { method: "POST", body: { name: "ann", password: "ann password" } });
  const [cookie, ...attributes] = answer.headers["set-cookie"]![0].split("; ");
  expect(cookie).toMatch(new RegExp(`^__Host-nightlight-${portOf(server)}=[\\w-]{43}$`));
  expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Strict", "Secure"]);
  expect((await ask(url, "/api/devices", { headers: { cookie } })).status).toBe(200);
  // a cookie without the __Host- prefix could come from plain HTTP, so it is ignored
  const plain = cookie.replace("__Host-", "");
  expect((await ask(url, "/api/devices", { headers: { cookie: plain } })).status).toBe(401);
});

test("the server accepts TLS 1.2 and newer, and nothing older", async () => {
  const { server } = await startSecureApp();
  const fingerprint = /^([\dA-F]{2}:){31}[\dA-F]{2}$/;
  for (const version of ["TLSv1.2", "TLSv1.3"] as const)
    expect(await readPresentedCertificate(server, { minVersion: version, maxVersion: version })).toMatch(fingerprint);
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  expect(await readPresentedCertificate(server, old)).toMatch(/PROTOCOL_VERSION/);
});

test("new connections use a renewed certificate, and existing ones stay open", async () => {
  const { files, renew } = await createCertificates();
  const { server, events, url } = await startHttpApp({ tls: await watchForTest(files, 20) });
  const before = await readPresentedCertificate(server);
  let heard = "";
  const follower = await new Promise<http.IncomingMessage>((resolve, reject) => {
    https.get(url + "/api/events", { agent: false, rejectUnauthorized: false }, resolve).on("error", reject);
  });
  onTestFinished(() => void follower.destroy());
  follower.on("error", () => {}).on("data", (part: Buffer) => (heard += part.toString()));
  await renew();
  for (const servername of ["", "localhost"])
    await eventually(async () => (await readPresentedCertificate(server, { servername })) !== before, {
      what: "the new certificate",
    });
  events.publish("hello", 1);
  await eventually(() => heard.includes("event: hello"), { what: "an event on the connection from before" });
});

test("the server closes a plain HTTP connection at once, and others continue", async () => {
  const { server, url } = await startSecureApp();
  let got = "";
  let closed = false;
  const socket = net.connect(portOf(server), "127.0.0.1");
  socket.on("data", (part) => (got += part.toString()));
  socket.on("error", () => {}).on("close", () => (closed = true));
  socket.write("GET /api/devices HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await eventually(() => closed, { what: "the connection to be closed" });
  expect(got).not.toContain("nightlight");
  expect((await ask(url, "/healthz")).status).toBe(200);
});

test("a client certificate gives exactly the rights of its user", async () => {
  for (const [user, look, change] of [
    ["ann", 200, 200],
    ["rob", 200, 403],
    ["porch", 403, 403],
    ["eve", 401, 401],
  ] as const) {
    const { files, client } = await createCertificates(user);
    const clientCa = files.cert;
    const { url } = await startHttpApp({
      accounts: createThreeAccounts(),
      tls: await watchForTest({ ...files, clientCa }),
    });
    expect((await ask(url, "/api/devices", client)).status, user).toBe(look);
    const put = { ...client, method: "PUT", body: { mode: "on" } };
    expect((await ask(url, MODE_PATH, put)).status, user).toBe(change);
    expect((await ask(url, "/api/devices")).status).toBe(401);
    const foreignCertificate = (await createCertificates(user)).client;
    expect((await ask(url, "/api/devices", foreignCertificate)).status, `${user}, signed by somebody else`).toBe(401);
  }
});

test("a page loaded over plain HTTP cannot change anything, even with the same host and port", async () => {
  const { url } = await startSecureApp();
  const cookie = await logIn(url, "ann");
  const setMode = (origin: string) =>
    ask(url, MODE_PATH, { method: "PUT", body: { mode: "on" }, headers: { cookie, origin } });
  expect((await setMode(url.replace("https:", "http:"))).status).toBe(403);
  expect((await setMode(url)).status).toBe(200);
});

test("HSTS is sent over HTTPS for network names, never for localhost, an address or plain HTTP", async () => {
  const secure = await startSecureApp({ names: ["lights.example.org"] });
  const plain = await startHttpApp({ names: ["lights.example.org"] });
  const hstsHeaderOf = async (url: string, host: string) =>
    (await ask(url, "/healthz", { headers: { host } })).headers["strict-transport-security"];
  expect(await hstsHeaderOf(secure.url, "lights.example.org:8080")).toMatch(/^max-age=\d+$/);
  for (const host of ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
    expect(await hstsHeaderOf(secure.url, host)).toBeUndefined();
  expect(await hstsHeaderOf(plain.url, "lights.example.org")).toBeUndefined();
});

test("behind an HTTPS proxy the cookie is secure, and failed logins count for the client's address", async () => {
  const { url } = await startHttpApp({ accounts: createThreeAccounts(), names: ["lights.example.org"] });
  const logInFrom = (address: string, password: string) =>
    ask(url, "/api/login", {
      method: "POST",
      body: { name: `x${address}`, password },
      headers: {
        host: "lights.example.org",
        origin: "https://lights.example.org",
        "x-forwarded-proto": "https",
        "x-forwarded-for": `10.9.9.9, ${address}`,
      },
    });
  for (let n = 0; n < 5; n++) expect((await logInFrom("192.0.2.1", `guess ${n}`)).status).toBe(401);
  expect((await logInFrom("192.0.2.1", "guess")).status).toBe(429);
  expect((await logInFrom("192.0.2.2", "guess")).status).toBe(401);
  const headers = { host: "lights.example.org", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.2" };
  const body = { name: "ann", password: "ann password" };
  const answer = await ask(url, "/api/login", { method: "POST", body, headers });
  expect(answer.headers["set-cookie"]![0]).toMatch(/^__Host-.*; Secure/);
});
