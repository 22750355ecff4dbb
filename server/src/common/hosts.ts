import { hostname } from "node:os";

/** Returns whether an address is a loopback address, which only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Removes the brackets that enclose an IPv6 address in the `hostname` of a URL. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Converts a listening address to the host part of a URL for clients. */
export function toUrlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return hostname();
  return host.includes(":") ? `[${host}]` : host;
}

/** Converts a listening address to the host part of a URL for clients on this machine: for 0.0.0.0, the loopback address. */
export function toLocalUrlHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
