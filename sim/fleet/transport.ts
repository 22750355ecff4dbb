/** Opens connections to a broker over TCP, TLS or WebSocket. */
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { withoutBrackets } from "../../server/src/common/hosts.js";
import { redactUrl } from "../../server/src/security/redact.js";
import WebSocket, { createWebSocketStream } from "ws";

/** Address and login of a broker. */
export interface Broker {
  /** Returns a new connection, which may not be established yet. Small packets are sent immediately (TCP_NODELAY). */
  connect(): Duplex;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Address for display, without user name and password. */
  readonly title: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 };

/**
 * Parses the URL of a broker.
 * @param address mqtt://, mqtts://, ws:// or wss://, with user name and password if the broker requires them
 * @throws RangeError for any other address
 */
export function parseBrokerUrl(address: string): Broker {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.hostname || !(url.protocol in DEFAULT_PORTS))
    throw new RangeError(
      `"${redactUrl(address)}" is not a broker's address. Use mqtt://, mqtts://, ws:// or wss://, such as mqtt://127.0.0.1:1883.`,
    );
  const { protocol } = url;
  const username = decodeURIComponent(url.username) || undefined;
  const password = decodeURIComponent(url.password) || undefined;
  const title = redactUrl(url.href)
    .replace(/\/\/[^/]*@/, "//")
    .replace(/\/$/, "");
  const login = { username, password, title };
  if (protocol === "ws:" || protocol === "wss:") {
    url.username = url.password = "";
    // add the path /mqtt, at which nightlight-server and most other brokers serve WebSocket clients
    if (url.pathname === "/") url.pathname = "/mqtt";
    return { ...login, connect: () => createWebSocketStream(new WebSocket(url, "mqtt", { perMessageDeflate: false })) };
  }
  // net.connect does not accept the brackets of an IPv6 address
  const host = withoutBrackets(url.hostname);
  const port = Number(url.port || DEFAULT_PORTS[protocol]);
  if (protocol === "mqtt:") return { ...login, connect: () => net.connect({ host, port, noDelay: true }) };
  const servername = net.isIP(host) ? undefined : host;
  return { ...login, connect: () => tls.connect({ host, port, servername }).setNoDelay(true) };
}
