import type { IncomingMessage } from "node:http";
import { isIP, type Server, type Socket } from "node:net";
import { hostname } from "node:os";
import { TLSSocket } from "node:tls";
import type { Ingress } from "./ingress.js";
import { isLoopback, withoutBrackets } from "../common/hosts.js";

/** Returns why the server refuses a request, as a sentence; "" when it accepts the request. */
export type Guard = (
  request: Pick<IncomingMessage, "headers" | "method"> & { readonly socket?: Socket },
  changes?: boolean,
) => string;

/**
 * Protects against web pages of other sites that run in a user's browser.
 * - DNS rebinding: the `Host` header must be a name or address of this server.
 * - Cross-site request forgery: a request that changes something must not have the `Origin` of another site.
 * - Cross-site reads: a request that the browser marks as cross-site must be a followed link (Fetch Metadata).
 *
 * Home Assistant has any host name, and its cookie protects against DNS rebinding.
 * @param names further host names of this server, for example those of a reverse proxy
 * @param ingress recognizes requests through Home Assistant
 */
export function createGuard(
  host: string,
  names: readonly string[] = [],
  ingress: Pick<Ingress, "includes"> = { includes: () => false },
): Guard {
  const ownNames = new Set(["localhost", host.toLowerCase(), ...names.map((name) => name.toLowerCase())]);
  const onNetwork = !isLoopback(host);
  if (onNetwork) for (const name of [hostname(), `${hostname()}.local`]) ownNames.add(name.toLowerCase());

  function isOwnHost(authority: string | undefined): boolean {
    if (!authority || !URL.canParse(`http://${authority}`)) return false;
    const name = withoutBrackets(new URL(`http://${authority}`).hostname);
    // DNS rebinding needs a host name, so any IP address is safe.
    return ownNames.has(name) || isLoopback(name) || (onNetwork && isIP(name) !== 0);
  }

  return (request, changes = !["GET", "HEAD", "OPTIONS"].includes(request.method!)) => {
    const { headers, socket } = request;
    const isIngress = ingress.includes(request);
    if (!isIngress && !isOwnHost(headers.host))
      return `"${headers.host ?? ""}" is not a host name of this server; use the server's address, or add the name with --host or http_names.`;
    if (headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate")
      return "Pages of other sites may not read or change anything on this server.";
    const { origin } = headers;
    if (!changes || origin === undefined) return "";
    const from = URL.canParse(origin) ? new URL(origin) : undefined;
    // An https page on a plain HTTP server is allowed: a reverse proxy may have ended the HTTPS connection.
    const downgraded = socket instanceof TLSSocket && from?.protocol !== "https:";
    if (from?.host === headers.host && !downgraded) return "";
    if (isIngress && from && from.host === headers["x-forwarded-host"]) return "";
    return `Pages of ${origin} may not change anything on this server.`;
  };
}

/**
 * Limits the number of connections to `max`, and to half of `max` for each address, so that one client cannot lock out
 * all others. Loopback addresses have no limit of their own, because a reverse proxy opens the connections of all
 * clients.
 */
export function guardConnections(server: Server, max: number): void {
  server.maxConnections = max;
  const perAddress = Math.max(1, Math.floor(max / 2));
  const counts = new Map<string, number>();
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    if (isLoopback(address.replace(/^::ffff:/, ""))) return;
    const count = (counts.get(address) ?? 0) + 1;
    if (count > perAddress) return void socket.destroy();
    counts.set(address, count);
    socket.once("close", () => {
      const left = counts.get(address)! - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
  });
}
