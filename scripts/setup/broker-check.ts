/** Whether a board would be let in by its broker: tried from here, with the authorities that a board trusts. */
import { randomUUID } from "node:crypto";
import net from "node:net";
import mqtt, { type IClientOptions } from "mqtt";
import { esp32Roots } from "./esp32-roots.js";
import { isLoopback, ownAddresses } from "./hosts.js";
import { urlOf, type BoardSettings } from "./settings.js";

/** Why it did not work, and what to do, in a sentence; "" when the broker let us in. */
export type CheckBroker = (settings: Pick<BoardSettings, "broker" | "user" | "password">) => Promise<string>;

export interface CheckOptions {
  /** Until when there must be an answer, in ms. */
  readonly within?: number;
  /** Authorities in PEM; those of an ESP32 unless told. */
  readonly roots?: string[];
}

/** Connects with user name and password, over TLS 1.2 at most as an ESP32 does, and takes leave again. */
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
    // the name in the certificate is checked before user name and password are sent
    ...(broker.tls && { ca: roots ?? esp32Roots(), maxVersion: "TLSv1.2" as const }),
  };
  try {
    await connect(urlOf(broker), options, within);
    return "";
  } catch (error) {
    return remedyOf(error, broker, user !== "") || (await nobodyListens(broker, user));
  }
}

async function connect(url: string, options: IClientOptions, within: number): Promise<void> {
  const client = mqtt.connect(url, options);
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(failure("ETIMEDOUT")), within);
      client.once("connect", () => resolve());
      client.on("error", reject);
      client.once("close", () => reject(failure("CLOSED")));
    });
    await client.endAsync();
  } finally {
    clearTimeout(timer);
    // what it still has to say about a connection that is given up
    client.on("error", () => {});
    client.end(true);
  }
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** Return codes of CONNACK, MQTT 3.1.1 table 3.1. */
const CONNACK: Readonly<Record<number, (user: boolean) => string>> = {
  1: () => "does not speak MQTT 3.1.1; use another one",
  2: () => "refuses the client id; let it admit every client id, or those that begin with nightlight-",
  3: () => "says that it is not available; try again later",
  4: () => "refuses the user name or the password; correct them",
  5: (user) => (user ? "does not let this user in; correct user name and password, or allow the user there" : "wants a user name and a password; give them"), // prettier-ignore
};

/** A sentence about what went wrong; "" when nobody listens. */
function remedyOf(error: unknown, broker: BoardSettings["broker"], user: boolean): string {
  const code = (error as { code?: unknown }).code;
  const name = `The broker ${urlOf(broker)}`;
  if (typeof code === "number") return `${name} ${CONNACK[code]?.(user) ?? `refuses with code ${code}; see its log`}.`;
  switch (code) {
    case "ECONNREFUSED":
      return "";
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NONAME":
      return `${name} cannot be found: no address is known for ${broker.host}; check how it is written, and the network.`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${name} does not answer; check the address, the port and the firewall between.`;
    case "CERT_HAS_EXPIRED":
      return `${name} has a certificate that has expired; renew it.`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${name} has a certificate for another name; use the name that is in it.`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `${name} has a certificate that an ESP32 cannot verify: it trusts 121 public authorities, such as Let's Encrypt and DigiCert, and no others. Get a certificate from one of them, or use mqtt:// in a network that you trust.`;
    case "CLOSED":
    case "ECONNRESET":
      return `${name} closed the connection without a word of MQTT; check that ${broker.port} is its ${broker.tls ? "MQTT port with TLS" : "MQTT port without TLS, and whether it wants mqtts://"}.`;
  }
  if (broker.tls && /^(EPROTO|ERR_SSL)/.test(String(code)))
    return `${name} does not agree on TLS 1.2, which is what an ESP32 speaks; check that ${broker.port} is its port for MQTT over TLS, and that it allows TLS 1.2.`;
  return `${name} does not answer as an MQTT broker (${(error as Error).message}); check that ${broker.port} is its MQTT port.`;
}

/** What to do depends on whether the broker is to run here. */
async function nobodyListens(broker: BoardSettings["broker"], user: string): Promise<string> {
  const name = `The broker ${urlOf(broker)}`;
  const start = `npm start -- --no-simulator --host 0.0.0.0${user ? `, after npm run server -- user add ${user} --device <id>` : " --anonymous"}`;
  if (!isLoopback(broker.host) && !ownAddresses().includes(broker.host))
    return `${name} cannot be reached: nothing listens on port ${broker.port} of ${broker.host}; start the broker, or correct the address.`;
  if (!isLoopback(broker.host) && (await listens("127.0.0.1", broker.port)))
    return `${name} listens for this computer alone: have it listen on all addresses (ours: ${start}).`;
  return `${name} cannot be reached: nothing listens on port ${broker.port} of this computer; start the broker (ours: ${start}).`;
}

/** Whether somebody accepts connections there. */
function listens(host: string, port: number, within = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: within });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false)).once("timeout", () => end(false)); // prettier-ignore
  });
}
