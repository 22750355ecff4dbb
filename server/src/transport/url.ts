import { UsageError, textOf } from "../common/errors.js";
import { withoutBrackets } from "../common/hosts.js";
import type { BrokerAddress } from "../mqtt/address.js";
import { redactUrl } from "../security/redact.js";

export type { BrokerAddress };

/** TCP port of a broker URL without a port, by URL scheme. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 };

/**
 * Parses a broker URL: `mqtt://[user[:password]@]host[:port]`, or the same with mqtts, ws or wss.
 * @param username replaces the user name in the URL
 * @param password replaces the password in the URL
 * @throws UsageError when the URL is invalid, with a message that says how to correct it
 */
export function parseBrokerUrl(text: string, username?: string, password?: string): BrokerAddress {
  const example = "for example mqtt://localhost:1883";
  const shown = redactUrl(text);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (!scheme)
    throw new UsageError(
      `--broker "${shown}" has no scheme: write mqtt://, mqtts://, ws:// or wss:// before it, ${example}.`,
    );
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new UsageError(`--broker is not a URL (${textOf(error)}): write one, ${example}.`);
  }
  const port = DEFAULT_PORTS[url.protocol];
  if (!port)
    throw new UsageError(`--broker ${scheme} is not supported: use mqtt://, mqtts://, ws:// or wss://, ${example}.`);
  const host = withoutBrackets(url.hostname);
  if (!host) throw new UsageError(`--broker "${shown}" names no host: write one, ${example}.`);
  // WebSocket brokers listen on /mqtt by convention
  const path = url.protocol.startsWith("ws") ? (url.pathname === "/" ? "/mqtt" : url.pathname) + url.search : "";
  const user = username ?? (decodePercent(url.username) || undefined);
  const address = `${url.protocol}//${url.hostname}:${url.port || port}${path}`;
  return {
    url: redactUrl(address),
    ...(path && { websocketUrl: address }),
    host,
    port: Number(url.port || port),
    secure: url.protocol === "mqtts:" || url.protocol === "wss:",
    username: user,
    password: password ?? (decodePercent(url.password) || undefined),
  };
}

/** Decodes percent-encoding. Text with an invalid percent sign is returned unchanged. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
