import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { isLoopback } from "../options.js";

/** Says why a request is refused, in a sentence; "" when it is not. */
export type Guard = (request: Pick<IncomingMessage, "headers" | "method">, changes?: boolean) => string;

/**
 * Keeps web pages of others out. A name of theirs may be made to point here (DNS rebinding), so that `Host` must be a
 * name or address of ours; and a page may send here blindly, so that what changes something must have no foreign `Origin`.
 */
export function createGuard(host: string): Guard {
  const names = new Set(["localhost", host.toLowerCase()]);
  const wide = !isLoopback(host);
  if (wide) for (const name of [hostname(), `${hostname()}.local`]) names.add(name.toLowerCase());

  function isOurs(authority: string | undefined): boolean {
    if (!authority || !URL.canParse(`http://${authority}`)) return false;
    const name = new URL(`http://${authority}`).hostname.replace(/^\[|\]$/g, "");
    // an address cannot be rebound, a name can
    return names.has(name) || isLoopback(name) || (wide && isIP(name) !== 0);
  }

  return ({ headers, method }, changes = method !== "GET" && method !== "HEAD" && method !== "OPTIONS") => {
    if (!isOurs(headers.host))
      return `The host "${headers.host ?? ""}" is not this server's; use its address, or name it with --host.`;
    const { origin } = headers;
    if (!changes || origin === undefined) return "";
    if (URL.canParse(origin) && new URL(origin).host === headers.host) return "";
    return `Pages of ${origin} may not change anything here.`;
  };
}
