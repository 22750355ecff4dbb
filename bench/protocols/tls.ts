/** TLS as a board speaks it, and always alike: another Node would offer other ciphers and keys, of other lengths. */
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { generate } from "selfsigned";
import type { TlsPair } from "./job.js";

/** What is agreed on: TLS 1.2, which is what DeviceScript's runtime has, with one cipher and one curve. */
const AGREED: tls.SecureContextOptions = {
  maxVersion: "TLSv1.2",
  ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
  ecdhCurve: "prime256v1",
  sigalgs: "ecdsa_secp256r1_sha256",
};

/** A certificate that is its own authority, the smallest that a server can show. */
export async function makePair(): Promise<TlsPair> {
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  return { cert: made.cert, key: made.private };
}

/** How a server is to be set up. */
export const serverOptions = (pair: TlsPair): tls.TlsOptions => ({ ...pair, ...AGREED });

/** How a board connects. */
export function clientOptions(pair: TlsPair): tls.ConnectionOptions {
  return { ca: pair.cert, servername: "localhost", ...AGREED };
}

/** A connection that is open, with TLS or without. @throws Error when it cannot be opened */
export async function open(port: number, pair?: TlsPair): Promise<net.Socket> {
  const at = { port, host: "127.0.0.1" };
  const socket = pair ? tls.connect({ ...at, ...clientOptions(pair) }) : net.connect(at);
  socket.setNoDelay(true);
  await once(socket, pair ? "secureConnect" : "connect");
  return socket;
}
