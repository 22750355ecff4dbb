import { isLoopback, withoutBrackets } from "../common/hosts.js";
import { listOwnAddresses } from "../common/own-addresses.js";
import type { Accounts } from "../security/accounts.js";
import type { NewBoardView } from "./new-board-view.js";

/** The parts of the server that describe how a new board connects. */
export interface NewBoardSources {
  readonly settings: {
    readonly host: string;
    readonly prefix: string;
    readonly startCommand: string | undefined;
    readonly tls: { readonly only?: boolean } | undefined;
  };
  readonly link: { readonly url: string; readonly secureUrl?: string | undefined };
  readonly broker: object | undefined;
  readonly accounts: Accounts;
}

/** Describes how a new board connects. */
export function createNewBoardView({
  settings,
  link,
  broker,
  accounts,
}: NewBoardSources): Omit<NewBoardView, "simulator"> {
  const { host, prefix, startCommand, tls } = settings;
  const embedded = broker !== undefined;
  const port = new URL(link.url).port;
  return {
    addresses: embedded
      ? listEmbeddedAddresses(host, port, tls?.only ? link.secureUrl : undefined)
      : listRemoteAddresses(link.url),
    local: embedded && isAnyAddress(host) ? `mqtt://127.0.0.1:${port}` : link.url,
    embedded,
    account_required: embedded && accounts.isLoginRequired,
    topic_prefix: prefix,
    start_command: startCommand ?? null,
  };
}

/**
 * Returns the URLs of the embedded broker for boards on this network, the most likely one first.
 * @param secureUrl the URL of MQTT over TLS, if only this machine can connect without TLS
 */
function listEmbeddedAddresses(host: string, port: string, secureUrl: string | undefined): string[] {
  if (isLoopback(host)) return [];
  // Return no IP addresses, because a certificate is usually valid only for a host name.
  if (secureUrl) return [secureUrl];
  const hosts = isAnyAddress(host) ? listOwnAddresses() : [host.includes(":") ? `[${host}]` : host];
  return hosts.map((name) => `mqtt://${name}:${port}`);
}

function listRemoteAddresses(url: string): string[] {
  const { protocol, hostname, port } = new URL(url);
  if (isLoopback(withoutBrackets(hostname))) return [];
  return [`${protocol}//${hostname}${port && `:${port}`}`];
}

/** Returns whether a listening address means all addresses of the machine. */
function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
