import type { ServerOptions, Server } from "node:https";
import { createSecureContext } from "node:tls";
import type { Certificates } from "../security/certificates.js";

/** Returns options for `https.createServer` that use renewed certificates without a restart. */
export function toHttpsOptions(certificates: Certificates): ServerOptions {
  const options = certificates.createTlsOptions();
  let context = createSecureContext(options);
  certificates.onChange((renewed) => (context = createSecureContext(renewed)));
  // Fastify's second server, for the other address of `localhost`, gets renewed certificates only through SNICallback
  return { ...options, SNICallback: (_name, done) => done(null, context) };
}

/** Applies renewed certificates to a server. Existing connections stay open. */
export function followRenewals(server: Server, certificates: Certificates): void {
  certificates.onChange((context) => server.setSecureContext(context));
}
