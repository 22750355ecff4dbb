import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, TLSSocket, type SecureContextOptions, type TlsOptions } from "node:tls";
import { codeOf, StartError, textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import { exposure } from "./file-modes.js";
import { clock } from "../time/monotonic-clock.js";

/** Files in PEM, read again when they change. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients' certificates; without it none are asked for. */
  readonly clientCa?: string;
  /** Whether a client must show a certificate; false by default. */
  readonly requireClientCertificate?: boolean;
  /** Whether MQTT without TLS listens on loopback alone, whatever `host` is; false by default. */
  readonly only?: boolean;
}

/** How often the files are looked at, in ms. */
const LOOK = 5000;
const DAY = 24 * 60 * 60 * 1000;
/** How long before its end a certificate that nobody has renewed is told of, in days: certbot renews 30 days before. */
const SOON = 14;

/** A certificate that is renewed while it is used. */
export interface Certificates {
  /**
   * What `tls.createServer` and `https.createServer` take: TLS 1.2 and newer. `requestCert` and `rejectUnauthorized` say
   * whether clients are asked for a certificate, and whether they must have one.
   */
  serverOptions(): TlsOptions;
  /** Told when the files have changed, with what `server.setSecureContext` takes; connections that exist stay. */
  onChange(listener: (context: SecureContextOptions) => void): void;
  /** Looks no more. */
  close(): void;
}

/**
 * Loads certificate and key, and loads them again whenever a file changes. What cannot be used then is told in the log,
 * once, and what was there before stays in use.
 * @param every time between two looks, in ms
 * @throws StartError when a file is missing or does not fit
 */
export async function watchCertificates(files: TlsFiles, log: Log, every = LOOK): Promise<Certificates> {
  const listeners: ((context: SecureContextOptions) => void)[] = [];
  let texts = await read(files);
  let context = usable(files, texts);
  let toldAt = -Infinity;
  let told = "";
  let exposed = "";
  warnOfEnd();
  warnOfReaders();

  function warnOfReaders(): void {
    const problem = exposure("the TLS key", files.key);
    if (problem && problem !== exposed) log.warn("tls", problem);
    exposed = problem;
  }

  function warnOfEnd(): void {
    const end = Date.parse(new X509Certificate(context.cert as string).validTo);
    const days = Math.floor((end - clock.wallNow()) / DAY);
    if (days >= SOON || clock.now() - toldAt < DAY) return;
    toldAt = clock.now();
    const when = days < 0 ? "has expired, so that clients refuse it" : `expires in ${days} days`;
    log.warn("tls", `The certificate ${files.cert} ${when}; renew it. The server takes the new one by itself.`);
  }

  async function look(): Promise<void> {
    warnOfEnd();
    try {
      warnOfReaders();
      const now = await read(files);
      if (now.join("\0") === texts.join("\0")) return;
      // remembered before it is tried: what is wrong is told once, and what is half written is tried again when it changes
      texts = now;
      context = usable(files, now);
      for (const listener of listeners) listener(context);
      told = "";
      // once more for each new key
      exposed = "";
      warnOfReaders();
      log.info("tls", `The certificate ${files.cert} was read again and is in use.`);
    } catch (error) {
      const problem = textOf(error);
      if (problem !== told) log.warn("tls", `${problem} The certificate from before stays in use.`);
      told = problem;
    }
  }

  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, every);
  timer.unref();

  return {
    serverOptions: () => ({
      ...context,
      requestCert: files.clientCa !== undefined,
      rejectUnauthorized: files.requireClientCertificate ?? false,
      handshakeTimeout: 10_000,
    }),
    onChange: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

/**
 * The name in a verified client certificate: its common name, which is a user name for `Accounts.byName`; undefined
 * when the client showed none, or one that no authority of ours has signed.
 */
export function certificateName(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate()?.subject?.CN;
  return typeof name === "string" && name ? name : undefined;
}

type Texts = readonly [cert: string, key: string, clientCa: string];

async function read({ cert, key, clientCa }: TlsFiles): Promise<Texts> {
  return [
    await readText("certificate", cert),
    await readText("key", key),
    clientCa === undefined ? "" : await readText("authority of clients' certificates", clientCa),
  ];
}

async function readText(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "this account may not read it" : textOf(error);
    throw new StartError(`The TLS ${what} ${file} cannot be read: ${why}.`);
  }
}

/** @throws StartError saying which file is wrong, and what to do */
function usable({ cert, key, clientCa }: TlsFiles, [certText, keyText, caText]: Texts): SecureContextOptions {
  const certificate = checked(
    () => new X509Certificate(certText),
    `The TLS certificate ${cert} is not a certificate in PEM; it begins with -----BEGIN CERTIFICATE-----.`,
  );
  const privateKey = checked(
    () => createPrivateKey(keyText),
    /ENCRYPTED/.test(keyText)
      ? `The TLS key ${key} is protected by a pass phrase; give one that is not, readable by this account alone.`
      : `The TLS key ${key} is not a private key in PEM; it begins with -----BEGIN PRIVATE KEY-----.`,
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw new StartError(`The TLS key ${key} does not belong to the certificate ${cert}; give the pair.`);
  if (clientCa !== undefined)
    checked(
      () => new X509Certificate(caText),
      `The authority of clients' certificates ${clientCa} is not a certificate in PEM.`,
    );
  const context: SecureContextOptions = {
    cert: certText,
    key: keyText,
    ...(clientCa !== undefined && { ca: caText }),
    minVersion: "TLSv1.2",
  };
  try {
    createSecureContext(context);
  } catch (error) {
    throw new StartError(`The TLS certificate ${cert} cannot be used (${textOf(error)}); check it and its key ${key}.`);
  }
  return context;
}

function checked<T>(make: () => T, problem: string): T {
  try {
    return make();
  } catch {
    throw new StartError(problem);
  }
}
