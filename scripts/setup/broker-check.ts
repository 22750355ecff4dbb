/**
 * Tests whether the broker accepts a board. The test connects from this computer, and trusts the same certificate
 * authorities as an ESP32.
 */
import { randomUUID } from "node:crypto";
import net from "node:net";
import mqtt, { type IClientOptions } from "mqtt";
import { listEsp32Roots } from "./esp32-roots.js";
import { isLoopback, listOwnAddresses } from "./hosts.js";
import { urlOf, type BoardSettings } from "./settings.js";

/** Resolves with a sentence that says what is wrong and what to do; "" when the broker accepts the settings. */
export type CheckBroker = (settings: Pick<BoardSettings, "broker" | "user" | "password">) => Promise<string>;

export interface CheckOptions {
  /** Time limit for connecting to the broker, in ms; 8,000 by default. */
  readonly within?: number;
  /** Trusted certificate authorities in PEM; by default those of an ESP32. */
  readonly roots?: string[];
}

/** Connects to the broker with the user name and password, and disconnects. Like an ESP32, uses at most TLS 1.2. */
export async function checkBroker(
  { broker, user, password }: Parameters<CheckBroker>[0],
  { within = 8000, roots }: CheckOptions = {},
): Promise<string> {
  const options: IClientOptions = {
    protocolVersion: 4,
    clientId: `nightlight-setup-${randomUUID().slice(0, 8)}`,
    reconnectPeriod: 0,
    connectTimeout: within,
    ...(user && { username: user, password }),
    // Node verifies the certificate and its name before the client sends user name and password
    ...(broker.tls && { ca: roots ?? listEsp32Roots(), maxVersion: "TLSv1.2" as const }),
  };
  try {
    await connectOnce(urlOf(broker), options, within);
    return "";
  } catch (error) {
    return explainFailure(error, broker, user !== "") || (await explainRefusal(broker, user));
  }
}

async function connectOnce(url: string, options: IClientOptions, within: number): Promise<void> {
  const client = mqtt.connect(url, options);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(createError("ETIMEDOUT")), within);
      client.once("connect", () => resolve());
      client.on("error", reject);
      client.once("close", () => reject(createError("CLOSED")));
    });
    await client.endAsync();
  } finally {
    clearTimeout(timer);
    // ignores later errors of the abandoned connection
    client.on("error", () => {});
    client.end(true);
  }
}

const createError = (code: string): Error => Object.assign(new Error(code), { code });

/** Explanations of the CONNACK return codes (MQTT 3.1.1, table 3.1). The broker is the subject of each explanation. */
const CONNACK_PROBLEMS: Readonly<Record<number, (user: boolean) => string>> = {
  1: () => "does not support MQTT 3.1.1; use another broker",
  2: () => "refuses the client id; allow all client ids, or those that begin with nightlight-",
  3: () => "reports that it is unavailable; try again later",
  4: () => "refuses the user name or the password; correct them",
  5: (user) => (user ? "does not authorize this user; correct user name and password, or allow the user there" : "requires a user name and a password"), // prettier-ignore
};

/** Explains a failed connection in a sentence; "" for ECONNREFUSED, which `explainRefusal` explains. */
function explainFailure(error: unknown, broker: BoardSettings["broker"], user: boolean): string {
  const code = (error as { code?: unknown }).code;
  const name = `The broker ${urlOf(broker)}`;
  if (typeof code === "number")
    return `${name} ${CONNACK_PROBLEMS[code]?.(user) ?? `refuses with code ${code}; see its log`}.`;
  switch (code) {
    case "ECONNREFUSED":
      return "";
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NONAME":
      return `${name} cannot be found: ${broker.host} has no known address; check its spelling and the network.`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${name} does not answer; check the address, the port and firewalls.`;
    case "CERT_HAS_EXPIRED":
      return `${name} has a certificate that has expired; renew it.`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${name} has a certificate for another name; use the name in the certificate.`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `${name} has a certificate that an ESP32 cannot verify: it trusts 121 public authorities, such as Let's Encrypt and DigiCert, and no others. Get a certificate from one of them, or use mqtt:// in a network that you trust.`;
    case "CLOSED":
    case "ECONNRESET":
      return `${name} closed the connection without an MQTT answer; check that ${broker.port} is its ${broker.tls ? "MQTT port with TLS" : "MQTT port without TLS, and whether it needs mqtts://"}.`;
  }
  if (broker.tls && /^(EPROTO|ERR_SSL)/.test(String(code)))
    return `${name} does not support TLS 1.2, which an ESP32 needs; check that ${broker.port} is its port for MQTT over TLS, and that it allows TLS 1.2.`;
  return `${name} does not answer as an MQTT broker (${(error as Error).message}); check that ${broker.port} is its MQTT port.`;
}

/** Explains a refused connection; the advice depends on whether the broker's address is this computer. */
async function explainRefusal(broker: BoardSettings["broker"], user: string): Promise<string> {
  const name = `The broker ${urlOf(broker)}`;
  const start = `npm start -- --no-simulator --host 0.0.0.0${user ? `, after npm run server -- user add ${user} --device <id>` : " --anonymous"}`;
  if (!isLoopback(broker.host) && !listOwnAddresses().includes(broker.host))
    return `${name} cannot be reached: nothing listens on port ${broker.port} of ${broker.host}; start the broker, or correct the address.`;
  if (!isLoopback(broker.host) && (await acceptsConnections("127.0.0.1", broker.port)))
    return `${name} accepts connections only from this computer: let it listen on all addresses (this project's broker: ${start}).`;
  return `${name} cannot be reached: nothing listens on port ${broker.port} of this computer; start the broker (this project's: ${start}).`;
}

/** Returns whether a program accepts connections on a port. */
function acceptsConnections(host: string, port: number, within = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: within });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false)).once("timeout", () => end(false)); // prettier-ignore
  });
}
