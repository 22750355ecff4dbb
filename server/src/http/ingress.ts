import type { IncomingMessage } from "node:http";
import type { Account } from "../security/accounts.js";

/** Settings for Home Assistant's ingress, which shows the dashboard inside Home Assistant. */
export interface IngressSettings {
  /** The role of everybody whom Home Assistant has logged in. */
  readonly role: "admin" | "reader";
  /** The IP address of the proxy. Its headers, and nobody else's, name the user. */
  readonly from: string;
}

/** A user whom Home Assistant has logged in. */
interface IngressVisitor {
  readonly account: Account;
  isAuthorized(): boolean;
}

/** The longest user name that is shown, in characters. */
const MAX_NAME_LENGTH = 64;

/** Parts of a request that show whether it comes through ingress. */
type ProxiedRequest = Pick<IncomingMessage, "headers"> & { readonly socket?: { readonly remoteAddress?: string } };

/**
 * Recognizes requests through Home Assistant's ingress: a proxy that has authenticated the user, removes the base path,
 * and names the user in `X-Remote-User-*`. Requests from any other address gain nothing by sending these headers.
 * @see https://developers.home-assistant.io/docs/add-ons/presentation#ingress
 */
export class Ingress {
  readonly #settings: IngressSettings | undefined;
  /** Accounts by name, so that the same user always has the same object. */
  readonly #accounts = new Map<string, Account>();

  /** @param settings undefined switches ingress off */
  constructor(settings: IngressSettings | undefined) {
    this.#settings = settings;
  }

  /** Returns whether the proxy of ingress has sent a request. */
  includes({ socket }: ProxiedRequest): boolean {
    return this.#settings !== undefined && toIpv4(socket?.remoteAddress) === this.#settings.from;
  }

  /** Returns the user that Home Assistant has logged in; undefined if the request does not come through ingress. */
  visitorOf(request: ProxiedRequest): IngressVisitor | undefined {
    if (!this.#settings || !this.includes(request)) return undefined;
    const name = `${userNameOf(request)} (Home Assistant)`;
    let account = this.#accounts.get(name);
    if (!account) this.#accounts.set(name, (account = { name, role: this.#settings.role }));
    return { account, isAuthorized: () => true };
  }
}

/** Returns the name of the user that Home Assistant has logged in. Older versions of the Supervisor do not send it. */
function userNameOf({ headers }: ProxiedRequest): string {
  for (const header of ["x-remote-user-display-name", "x-remote-user-name", "x-remote-user-id"]) {
    const value = headers[header];
    // The Supervisor sends UTF-8, but Node.js decodes headers as Latin-1.
    const text = typeof value === "string" ? Buffer.from(value, "latin1").toString("utf8") : "";
    const name = text.replace(/\p{C}/gu, "").trim().slice(0, MAX_NAME_LENGTH);
    if (name) return name;
  }
  return "somebody";
}

/** Converts an IPv4 address that is mapped to IPv6, such as `::ffff:172.30.32.2`. */
function toIpv4(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:/, "");
}
