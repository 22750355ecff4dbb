import type { ServerOptions, Server } from "node:https";
import { createSecureContext } from "node:tls";
import type { Certificates } from "../security/certificates.js";

/** What an HTTPS server is made with. */
export function httpsOptions(certificates: Certificates): ServerOptions {
  const options = certificates.serverOptions();
  let context = createSecureContext(options);
  certificates.onChange((renewed) => (context = createSecureContext(renewed)));
  // Fastify makes a second server for the other address of `localhost`, which `followRenewals` cannot reach: this does
  return { ...options, SNICallback: (_name, done) => done(null, context) };
}

/** Makes the server use certificates as they are renewed; connections that exist stay. */
export function followRenewals(server: Server, certificates: Certificates): void {
  certificates.onChange((context) => server.setSecureContext(context));
}
