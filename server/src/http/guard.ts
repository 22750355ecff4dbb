import type { IncomingMessage } from "node:http";
import { isIP, type Server, type Socket } from "node:net";
import { hostname } from "node:os";
import { TLSSocket } from "node:tls";
import { isLoopback } from "../common/hosts.js";

/** Says why a request is refused, in a sentence; "" when it is not. */
export type Guard = (
  request: Pick<IncomingMessage, "headers" | "method"> & { readonly socket?: Socket },
  changes?: boolean,
) => string;

/**
 * Keeps web pages of others out. A name of theirs may be made to point here (DNS rebinding), so that `Host` must be a
 * name or address of ours; and a page may send here blindly, so that what changes something must have no foreign `Origin`,
 * and what a browser says comes from another site must be a link that a person followed (Fetch Metadata).
 * @param names further names by which this server is reached, for example through a proxy
 */
export function createGuard(host: string, names: readonly string[] = []): Guard {
  const ours = new Set(["localhost", host.toLowerCase(), ...names.map((name) => name.toLowerCase())]);
  const wide = !isLoopback(host);
  if (wide) for (const name of [hostname(), `${hostname()}.local`]) ours.add(name.toLowerCase());

  function isOurs(authority: string | undefined): boolean {
    if (!authority || !URL.canParse(`http://${authority}`)) return false;
    const name = new URL(`http://${authority}`).hostname.replace(/^\[|\]$/g, "");
    // an address cannot be rebound, a name can
    return ours.has(name) || isLoopback(name) || (wide && isIP(name) !== 0);
  }

  return ({ headers, method, socket }, changes = method !== "GET" && method !== "HEAD" && method !== "OPTIONS") => {
    if (!isOurs(headers.host))
      return `The host "${headers.host ?? ""}" is not this server's; use its address, or name it with --host or http_names.`;
    if (headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] !== "navigate")
      return "Pages of other sites may not read or change anything here.";
    const { origin } = headers;
    if (!changes || origin === undefined) return "";
    const from = URL.canParse(origin) ? new URL(origin) : undefined;
    // behind a proxy that speaks HTTPS, the page is https and this is not
    const downgraded = socket instanceof TLSSocket && from?.protocol !== "https:";
    if (from?.host === headers.host && !downgraded) return "";
    return `Pages of ${origin} may not change anything here.`;
  };
}

/**
 * Bounds the connections: `max` in all, and from one address no more than half of them, so that one client cannot keep
 * all others out. This machine may have all: a proxy has every client's.
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
