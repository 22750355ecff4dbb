/** Generates TLS certificates for tests. */
import { generate } from "selfsigned";
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";

/** A certificate and its key, in PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** The signing certificate authority; self-signed by default. */
  readonly ca?: CertificateAndKey;
  /** Whether the certificate may sign other certificates. */
  readonly authority?: boolean;
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

/** Generates a certificate for a common name, which is also valid for localhost and 127.0.0.1. */
export async function generateCertificate(name: string, options: CertificateOptions = {}): Promise<CertificateAndKey> {
  const { ca, authority = false, validFrom, validTo } = options;
  const made = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: validFrom,
    notAfterDate: validTo,
    ca: ca && { key: ca.key, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: authority, critical: true },
      authority
        ? { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true }
        : { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Writes a certificate to `<folder>/<name>.crt` and its key to `<folder>/<name>.key`. */
export async function writeCertificateAndKey(
  folder: string,
  name: string,
  pair: CertificateAndKey,
): Promise<{ cert: string; key: string }> {
  const files = { cert: path.join(folder, `${name}.crt`), key: path.join(folder, `${name}.key`) };
  await replaceFile(files.cert, pair.cert);
  await replaceFile(files.key, pair.key);
  return files;
}

/** Writes a file atomically, by renaming a temporary file. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
