/** Tests MQTT over TLS: certificates of server and clients, and their renewal. */
import { chmod, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createLog, silentLog } from "../../server/src/observability/log.js";
import type { TlsFiles } from "../../server/src/security/certificates.js";
import { watchCertificates } from "../../server/src/security/certificates.js";
import {
  generateCertificate,
  replaceFile,
  writeCertificateAndKey,
  type CertificateAndKey,
} from "../support/certificates.js";
import { eventually } from "../support/eventually.js";
import { addUsers, loginOf, startBrokerWithAccounts } from "./support/guarded.js";
import { connectClient, startTestServer as startWith, createTemporaryFolder } from "./support/server.js";

const USERS = { boss: "admin", porch: { device: "nightlight/porch" } } as const;
const DAY = 86_400_000;

let authority: CertificateAndKey;
let server: CertificateAndKey;
beforeAll(async () => {
  authority = await generateCertificate("Test authority", { authority: true });
  server = await generateCertificate("localhost", { ca: authority });
});

/** Writes the TLS files of a server, with an authority for client certificates unless `clients` is "none". */
async function createTlsFiles(
  clients: "none" | "optional" | "required" = "none",
): Promise<TlsFiles & { folder: string }> {
  const folder = await createTemporaryFolder();
  const pair = await writeCertificateAndKey(folder, "server", server);
  if (clients === "none") return { ...pair, folder };
  const clientCa = path.join(folder, "ca.crt");
  await writeFile(clientCa, authority.cert);
  return { ...pair, folder, clientCa, requireClientCertificate: clients === "required" };
}

const createTrustingOptions = () => ({ ca: authority.cert, servername: "localhost" });

describe("MQTT over TLS", () => {
  test("the TLS port accepts clients that trust its CA and log in, in addition to the port without TLS", async () => {
    const { url, secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles() });
    expect(secureUrl).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+$/);
    const device = await connectClient(
      secureUrl!,
      { ...createTrustingOptions(), ...loginOf("porch") },
      "nightlight/porch/commands",
    );
    await device.publishAsync("nightlight/porch/telemetry", "1", { qos: 1 });
    await eventually(() => device.got.length === 1, { what: "the answer" });
    await connectClient(url, loginOf("boss"));
  });

  test("the TLS port can be the only access from the network; otherwise MQTT without TLS causes a warning", async () => {
    const lines: string[] = [];
    const log = createLog("pretty", { output: { write: (text: string) => lines.push(text) } });
    const data = await createTemporaryFolder();
    await addUsers(data, USERS);
    const wide = { data, log, host: "0.0.0.0", mqttsPort: 0, http: false } as const;
    const open = await startWith({ ...wide, tls: await createTlsFiles() });
    expect(new URL(open.brokerUrl).hostname).not.toBe("127.0.0.1");
    await open.close();
    log.flush();
    expect(lines.join("")).toContain("go over the network in the clear");

    lines.length = 0;
    const { brokerUrl, secureBrokerUrl } = await startWith({
      ...wide,
      tls: { ...(await createTlsFiles()), only: true },
    });
    log.flush();
    expect(lines.join("")).not.toContain("in the clear");
    expect(new URL(brokerUrl).hostname).toBe("127.0.0.1");
    await connectClient(brokerUrl, loginOf("porch"));
    // only Linux has further loopback addresses, which stand for the addresses of other networks
    if (process.platform !== "linux") return;
    const toOtherAddress = (url: string): string => url.replace(/\/\/[^:]+/, "//127.0.0.2");
    await connectClient(toOtherAddress(secureBrokerUrl!), { ...createTrustingOptions(), ...loginOf("porch") });
    await expect(connectClient(toOtherAddress(brokerUrl), loginOf("porch"))).rejects.toThrow(
      /ECONNREFUSED|closed the connection/,
    );
  });

  test("clients that do not trust the CA cannot connect, and a wrong password is refused with code 4", async () => {
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles() });
    await expect(connectClient(secureUrl!, loginOf("porch"))).rejects.toThrow(/self.signed|unable to verify/i);
    await expect(
      connectClient(secureUrl!, { ...createTrustingOptions(), username: "porch", password: "x" }),
    ).rejects.toMatchObject({
      code: 4,
    });
  });

  test.each<tls.SecureVersion>(["TLSv1", "TLSv1.1"])("the TLS port refuses %s", async (version) => {
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles() });
    // OpenSSL 3 offers so old a version only at security level 0
    const options = {
      ...createTrustingOptions(),
      minVersion: version,
      maxVersion: version,
      ciphers: "DEFAULT@SECLEVEL=0",
    };
    await expect(connectClient(secureUrl!, { ...options, ...loginOf("porch") })).rejects.toThrow(
      /protocol version|unsupported/i,
    );
  });

  test("a client that does not use TLS or sends nothing does not affect other clients", async () => {
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles() });
    const port = Number(new URL(secureUrl!).port);
    const plain = net.connect(port, "127.0.0.1", () => plain.write("GET / HTTP/1.1\r\n\r\n"));
    const silent = net.connect(port, "127.0.0.1");
    for (const socket of [plain, silent]) socket.on("error", () => {});
    onTestFinished(() => void silent.destroy());
    await eventually(() => plain.destroyed, { what: "the connection without TLS to be closed" });
    await connectClient(secureUrl!, { ...createTrustingOptions(), ...loginOf("porch") });
  });
});

describe("a client certificate", () => {
  test("a client certificate authenticates the user of its common name without a password", async () => {
    const { secureUrl, got } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles("optional") });
    const own = await generateCertificate("porch", { ca: authority });
    const device = await connectClient(secureUrl!, { ...createTrustingOptions(), ...own }, "nightlight/porch/commands");
    await device.publishAsync("nightlight/porch/telemetry", "1", { qos: 1 });
    await device.publishAsync("nightlight/shed/telemetry", "2", { qos: 1 });
    expect(got).toEqual([["nightlight/porch/telemetry", "1"]]);
  });

  test("a client certificate does not change the account of a client that logs in with another name", async () => {
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles("optional") });
    const own = await generateCertificate("porch", { ca: authority });
    await expect(
      connectClient(secureUrl!, { ...createTrustingOptions(), ...own, username: "boss", password: "x" }),
    ).rejects.toMatchObject({
      code: 4,
    });
    await connectClient(secureUrl!, { ...createTrustingOptions(), ...own, ...loginOf("boss") }, "#");
  });

  test("a client certificate from an unknown CA, or for a name without an account, does not authenticate", async () => {
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles("optional") });
    const foreign = await generateCertificate("boss", {
      ca: await generateCertificate("Another authority", { authority: true }),
    });
    const stranger = await generateCertificate("nobody", { ca: authority });
    for (const own of [foreign, stranger])
      await expect(connectClient(secureUrl!, { ...createTrustingOptions(), ...own })).rejects.toMatchObject({
        code: 5,
      });
    await connectClient(secureUrl!, { ...createTrustingOptions(), ...foreign, ...loginOf("porch") });
    const forged = await generateCertificate("boss", {
      ca: await generateCertificate("Test authority", { authority: true }),
    });
    await expect(connectClient(secureUrl!, { ...createTrustingOptions(), ...forged })).rejects.toThrow();
  });

  test("a client certificate can be left out when it is not required", async () => {
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles("optional") });
    await connectClient(secureUrl!, { ...createTrustingOptions(), ...loginOf("porch") });
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "clients without a required certificate are refused, also when they resume a TLS session (%s)",
    async (version) => {
      const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: await createTlsFiles("required") });
      const port = Number(new URL(secureUrl!).port);
      const options = { ...createTrustingOptions(), minVersion: version, maxVersion: version } as const;
      const forged = await generateCertificate("boss", {
        ca: await generateCertificate("Test authority", { authority: true }),
      });
      for (const own of [{}, forged]) {
        await expect(connectClient(secureUrl!, { ...options, ...own, ...loginOf("boss") })).rejects.toThrow();
        // collects the TLS session tickets of a refused connection; resuming a session with a ticket must fail, too
        const sessions: Buffer[] = [];
        const first = tls.connect({ port, host: "127.0.0.1", ...options, ...own });
        first
          .on("session", (session) => sessions.push(session))
          .on("error", () => {})
          .resume();
        await eventually(() => first.destroyed, { what: "the connection to be closed" });
        for (const session of sessions)
          await expect(
            connectClient(secureUrl!, { ...options, ...own, session, ...loginOf("boss") } as object),
          ).rejects.toThrow();
      }
      const own = await generateCertificate("porch", { ca: authority });
      await connectClient(secureUrl!, { ...options, ...own });
    },
  );
});

describe("a renewed certificate", () => {
  const serialNumberOf = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = tls.connect(
        { port: Number(new URL(url).port), host: "127.0.0.1", ...createTrustingOptions() },
        () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        },
      );
      socket.on("error", reject);
    });

  test("a renewed certificate is in use a moment later, and existing connections stay", async () => {
    const { folder, ...pair } = await createTlsFiles();
    const { secureUrl } = await startBrokerWithAccounts(USERS, { tls: pair });
    const device = await connectClient(
      secureUrl!,
      { ...createTrustingOptions(), ...loginOf("porch") },
      "nightlight/porch/commands",
    );
    const before = await serialNumberOf(secureUrl!);
    await writeCertificateAndKey(folder, "server", await generateCertificate("localhost", { ca: authority }));
    await eventually(async () => (await serialNumberOf(secureUrl!)) !== before, { what: "the new certificate" });
    await device.publishAsync("nightlight/porch/telemetry", "1", { qos: 1 });
    await eventually(() => device.got.length === 1, { what: "the answer on the old connection" });
  });

  test("a renewed certificate that is unusable is reported once, and the old certificate stays in use", async () => {
    const { folder, ...pair } = await createTlsFiles();
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_event: string, text: string) => void warnings.push(text) };
    const certificates = await watchCertificates(pair, log, 20);
    onTestFinished(() => certificates.close());
    let changes = 0;
    certificates.onChange(() => changes++);
    const next = await generateCertificate("localhost", { ca: authority });
    await replaceFile(pair.cert, next.cert);
    await eventually(() => warnings.length > 0, { what: "the warning" });
    expect(warnings).toEqual([
      expect.stringMatching(/key .* does not belong to the certificate .* The previous certificate stays in use\.$/),
    ]);
    await rm(pair.key);
    await eventually(() => warnings.length > 1, { what: "the second warning" });
    expect(warnings[1]).toMatch(/key .* cannot be read: there is no such file\. The previous certificate/);
    expect(certificates.createTlsOptions().cert).toBe(server.cert);
    expect(changes).toBe(0);
    await writeCertificateAndKey(folder, "server", next);
    await eventually(() => changes === 1, { what: "the new pair" });
    expect(certificates.createTlsOptions().cert).toBe(next.cert);
    expect(warnings).toHaveLength(2);
  });
});

describe.skipIf(process.platform === "win32")("a key that every user of the machine can read", () => {
  async function watchWithMode(mode: number) {
    const pair = await writeCertificateAndKey(await createTemporaryFolder(), "server", server);
    await chmod(pair.key, mode);
    const lines: string[] = [];
    // record only warnings about file permissions, because a partly written key causes another warning
    const recordWarning = (_event: string, text: string): void =>
      void (text.startsWith("Every user") && lines.push(text));
    const infos: string[] = [];
    const certificates = await watchCertificates(
      pair,
      { ...silentLog, warn: recordWarning, info: (_event, text) => void infos.push(text) },
      20,
    );
    onTestFinished(() => certificates.close());
    return { pair, lines, infos };
  }

  test.each([0o600, 0o400, 0o640, 0o660])("a key with the mode %o causes no warning", async (mode) => {
    expect((await watchWithMode(mode)).lines).toEqual([]);
  });

  test("the log names a readable key with its mode and chmod 600 at the start, and again after a renewal", async () => {
    const { pair, lines, infos } = await watchWithMode(0o644);
    const warning = `Every user of this machine can read or change the TLS key in ${pair.key} (mode 0644); chmod 600 ${pair.key}`;
    expect(lines).toEqual([warning]);
    await writeFile(pair.key, `${server.key}\n`);
    await eventually(() => infos.length === 1, { what: "the renewal" });
    expect(lines).toEqual([warning, warning]);
    await chmod(pair.key, 0o600);
    await writeFile(pair.key, server.key);
    await eventually(() => infos.length === 2, { what: "the next renewal" });
    expect(lines).toHaveLength(2);
  });

  test("the log names a key that becomes readable while the server runs", async () => {
    const { pair, lines } = await watchWithMode(0o600);
    await chmod(pair.key, 0o604);
    await eventually(() => lines.length > 0, { what: "the warning" });
    expect(lines[0]).toContain("(mode 0604)");
  });
});

describe("at the start, a problem with the files is reported in a sentence:", () => {
  test.each<[what: string, change: (files: TlsFiles) => Promise<unknown>, problem: RegExp]>([
    [
      "a certificate that is not there",
      ({ cert }) => rm(cert),
      /certificate .*server\.crt cannot be read: there is no such file/,
    ],
    ["a key that is not there", ({ key }) => rm(key), /key .*server\.key cannot be read/],
    ["no certificate", ({ cert }) => writeFile(cert, "hello"), /server\.crt is not a certificate in PEM/],
    ["no key", ({ key }) => writeFile(key, "hello"), /server\.key is not a private key in PEM/],
    [
      "a key with a pass phrase",
      ({ key }) => writeFile(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
      /server\.key is protected by a pass phrase/,
    ],
    [
      "a key of another certificate",
      async ({ key }) => writeFile(key, (await generateCertificate("other")).key),
      /server\.key does not belong to the certificate/,
    ],
    ["no authority", ({ clientCa }) => writeFile(clientCa!, "hello"), /ca\.crt is not a certificate in PEM/],
  ])("%s causes an error sentence at the start", async (_what, change, problem) => {
    const pair = await createTlsFiles("optional");
    await change(pair);
    await expect(watchCertificates(pair, silentLog)).rejects.toThrow(problem);
  });

  test.each<[what: string, from: number, to: number, warning: RegExp | undefined]>([
    ["has expired", -10, -1, /has expired, so that clients refuse it; renew it/],
    ["expires soon", -10, 5.5, /expires in 5 days; renew it/],
    ["is good for long", -10, 60, undefined],
  ])(
    "a certificate that %s is used, and a warning appears only if it has expired or expires soon",
    async (_what, from, to, warning) => {
      const now = Date.now();
      const dates = { validFrom: new Date(now + from * DAY), validTo: new Date(now + to * DAY) };
      const folder = await createTemporaryFolder();
      const pair = await writeCertificateAndKey(folder, "server", await generateCertificate("localhost", dates));
      const warnings: string[] = [];
      const log = { ...silentLog, warn: (_event: string, text: string) => void warnings.push(text) };
      (await watchCertificates(pair, log)).close();
      expect(warnings).toEqual(warning ? [expect.stringMatching(warning)] : []);
    },
  );
});
