import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, TLSSocket, type SecureContextOptions, type TlsOptions } from "node:tls";
import { codeOf, StartError, textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import { checkFileExposure } from "./file-modes.js";
import { clock } from "../time/monotonic-clock.js";

/** Paths of PEM files for TLS. The server reloads them when they change. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Certificate authorities (CA) of client certificates. Without this file the server requests no client certificate. */
  readonly clientCa?: string;
  /** Whether clients must present a certificate. Default: false. */
  readonly requireClientCertificate?: boolean;
  /** Whether MQTT without TLS listens only on loopback, regardless of `host`. Default: false. */
  readonly only?: boolean;
}

/** Interval at which the files are checked for changes, in ms. */
const FILE_CHECK_INTERVAL = 5000;
const DAY = 24 * 60 * 60 * 1000;
/**
 * A certificate that expires in fewer than this many days causes a warning. certbot renews it 30 days before the end.
 */
const EXPIRY_WARNING_DAYS = 14;

/** The TLS certificate of the server, which can be renewed while the server runs. */
export interface Certificates {
  /**
   * Returns the options for `tls.createServer` and `https.createServer`. Allows TLS 1.2 and newer, and requests or requires
   * client certificates as configured.
   */
  createTlsOptions(): TlsOptions;
  /** Registers a listener for new files. Pass its argument to `server.setSecureContext`. Existing connections stay open. */
  onChange(listener: (context: SecureContextOptions) => void): void;
  /** Stops checking the files for changes. */
  close(): void;
}

/**
 * Loads the certificate and its key, and reloads them when a file changes. If the new files are not usable, logs one warning
 * and keeps the previous certificate.
 * @param interval time between two checks, in ms
 * @throws StartError when a file is missing or invalid
 */
export async function watchCertificates(
  files: TlsFiles,
  log: Log,
  interval = FILE_CHECK_INTERVAL,
): Promise<Certificates> {
  const listeners: ((context: SecureContextOptions) => void)[] = [];
  let texts = await readTlsFiles(files);
  let context = validateTlsFiles(files, texts);
  let expiryWarnedAt = -Infinity;
  let loggedProblem = "";
  let loggedExposure = "";
  warnOfExpiry();
  warnOfExposedKey();

  function warnOfExposedKey(): void {
    const problem = checkFileExposure("the TLS key", files.key);
    if (problem && problem !== loggedExposure) log.warn("tls", problem);
    loggedExposure = problem;
  }

  function warnOfExpiry(): void {
    const end = Date.parse(new X509Certificate(context.cert as string).validTo);
    const days = Math.floor((end - clock.wallNow()) / DAY);
    if (days >= EXPIRY_WARNING_DAYS || clock.now() - expiryWarnedAt < DAY) return;
    expiryWarnedAt = clock.now();
    const when = days < 0 ? "has expired, so that clients refuse it" : `expires in ${days} days`;
    log.warn("tls", `The certificate ${files.cert} ${when}; renew it. The server loads the new one automatically.`);
  }

  async function check(): Promise<void> {
    warnOfExpiry();
    try {
      warnOfExposedKey();
      const now = await readTlsFiles(files);
      if (now.join("\0") === texts.join("\0")) return;
      // remember the texts before validating, so that invalid files are reported once and validated again when they
      // change
      texts = now;
      context = validateTlsFiles(files, now);
      for (const listener of listeners) listener(context);
      loggedProblem = "";
      // forget the last warning, so that a new key that other users can read causes another warning
      loggedExposure = "";
      warnOfExposedKey();
      log.info("tls", `The certificate ${files.cert} was reloaded and is in use.`);
    } catch (error) {
      const problem = textOf(error);
      if (problem !== loggedProblem) log.warn("tls", `${problem} The previous certificate stays in use.`);
      loggedProblem = problem;
    }
  }

  let checking = false;
  const timer = setInterval(() => {
    if (checking) return;
    checking = true;
    void check().finally(() => (checking = false));
  }, interval);
  timer.unref();

  return {
    createTlsOptions: () => ({
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
 * Returns the common name in a verified client certificate, which is a user name for `Accounts.findByName`. Returns undefined
 * when the client presented no certificate, or one that is not signed by a configured CA.
 */
export function certificateNameOf(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate()?.subject?.CN;
  return typeof name === "string" && name ? name : undefined;
}

type PemTexts = readonly [cert: string, key: string, clientCa: string];

async function readTlsFiles({ cert, key, clientCa }: TlsFiles): Promise<PemTexts> {
  return [
    await readPemFile("certificate", cert),
    await readPemFile("key", key),
    clientCa === undefined ? "" : await readPemFile("authority of clients' certificates", clientCa),
  ];
}

async function readPemFile(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "this account may not read it" : textOf(error);
    throw new StartError(`The TLS ${what} ${file} cannot be read: ${why}.`);
  }
}

/** Validates the files. @throws StartError that names the invalid file and says what to do */
function validateTlsFiles(
  { cert, key, clientCa }: TlsFiles,
  [certText, keyText, caText]: PemTexts,
): SecureContextOptions {
  const certificate = parseOrThrow(
    () => new X509Certificate(certText),
    `The TLS certificate ${cert} is not a certificate in PEM; it begins with -----BEGIN CERTIFICATE-----.`,
  );
  const privateKey = parseOrThrow(
    () => createPrivateKey(keyText),
    /ENCRYPTED/.test(keyText)
      ? `The TLS key ${key} is protected by a pass phrase; give one that is not, readable by this account alone.`
      : `The TLS key ${key} is not a private key in PEM; it begins with -----BEGIN PRIVATE KEY-----.`,
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw new StartError(`The TLS key ${key} does not belong to the certificate ${cert}; give the pair.`);
  if (clientCa !== undefined)
    parseOrThrow(
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

function parseOrThrow<T>(parse: () => T, problem: string): T {
  try {
    return parse();
  } catch {
    throw new StartError(problem);
  }
}
