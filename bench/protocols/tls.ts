/** TLS options for the benchmark. They are fixed, because Node versions differ in default ciphers and key lengths. */
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { generate } from "selfsigned";
import type { TlsCertificate } from "./exchange.js";

/** The negotiated parameters: TLS 1.2, as in DeviceScript's runtime, with one cipher and one curve. */
const TLS_PARAMETERS: tls.SecureContextOptions = {
  maxVersion: "TLSv1.2",
  ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
  ecdhCurve: "prime256v1",
  sigalgs: "ecdsa_secp256r1_sha256",
};

/** Generates a small self-signed certificate for localhost. */
export async function createCertificate(): Promise<TlsCertificate> {
  const generated = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  return { cert: generated.cert, key: generated.private };
}

/** Returns Node's TLS options for a benchmark server. */
export const createTlsServerOptions = (certificate: TlsCertificate): tls.TlsOptions => ({
  ...certificate,
  ...TLS_PARAMETERS,
});

/** Returns Node's TLS options for a board that trusts only `certificate`. */
export function createTlsClientOptions(certificate: TlsCertificate): tls.ConnectionOptions {
  return { ca: certificate.cert, servername: "localhost", ...TLS_PARAMETERS };
}

/** Opens a connection, with or without TLS. @throws Error when the connection fails */
export async function openConnection(port: number, certificate?: TlsCertificate): Promise<net.Socket> {
  const at = { port, host: "127.0.0.1" };
  const socket = certificate ? tls.connect({ ...at, ...createTlsClientOptions(certificate) }) : net.connect(at);
  socket.setNoDelay(true);
  await once(socket, certificate ? "secureConnect" : "connect");
  return socket;
}
