/** The way to a broker: TCP, TLS or WebSocket. */
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { redactUrl } from "../../server/src/security/redact.js";
import WebSocket, { createWebSocketStream } from "ws";

export interface Broker {
  /** A new connection, which may not be there yet. Small packets leave at once (TCP_NODELAY). */
  connect(): Duplex;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** For people: without the password. */
  readonly title: string;
}

const PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 };

/**
 * @param address mqtt://, mqtts://, ws:// or wss://, with user name and password if the broker asks for them
 * @throws RangeError for any other address
 */
export function brokerAt(address: string): Broker {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.hostname || !(url.protocol in PORTS))
    throw new RangeError(
      `"${redactUrl(address)}" is not a broker's address: give one such as mqtt://127.0.0.1:1883, or mqtts://, ws://, wss://.`,
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
    // where nightlight-server, and most others, have MQTT
    if (url.pathname === "/") url.pathname = "/mqtt";
    return { ...login, connect: () => createWebSocketStream(new WebSocket(url, "mqtt", { perMessageDeflate: false })) };
  }
  // an IPv6 address stands in brackets in a URL only
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(url.port || PORTS[protocol]);
  if (protocol === "mqtt:") return { ...login, connect: () => net.connect({ host, port, noDelay: true }) };
  const servername = net.isIP(host) ? undefined : host;
  return { ...login, connect: () => tls.connect({ host, port, servername }).setNoDelay(true) };
}
