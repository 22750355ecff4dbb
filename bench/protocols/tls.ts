/** TLS with a board's fixed parameters, because Node versions differ in default ciphers and key lengths. */
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { generate } from "selfsigned";
import type { TlsPair } from "./job.js";

/** The negotiated parameters: TLS 1.2, as in DeviceScript's runtime, with one cipher and one curve. */
const AGREED: tls.SecureContextOptions = {
  maxVersion: "TLSv1.2",
  ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
  ecdhCurve: "prime256v1",
  sigalgs: "ecdsa_secp256r1_sha256",
};

/** Generates a small self-signed certificate for localhost. */
export async function makePair(): Promise<TlsPair> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  return { cert: made.cert, key: made.private };
}

/** Returns the TLS options of a server. */
export const serverOptions = (pair: TlsPair): tls.TlsOptions => ({ ...pair, ...AGREED });

/** Returns the TLS options of a board. */
export function clientOptions(pair: TlsPair): tls.ConnectionOptions {
  return { ca: pair.cert, servername: "localhost", ...AGREED };
}

/** Opens a connection, with or without TLS. @throws Error when the connection fails */
export async function open(port: number, pair?: TlsPair): Promise<net.Socket> {
  const at = { port, host: "127.0.0.1" };
  const socket = pair ? tls.connect({ ...at, ...clientOptions(pair) }) : net.connect(at);
  socket.setNoDelay(true);
  await once(socket, pair ? "secureConnect" : "connect");
  return socket;
}
