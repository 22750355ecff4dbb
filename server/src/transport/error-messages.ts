import { codeOf, textOf } from "../common/errors.js";
import type { BrokerAddress } from "./url.js";

/** Explains each CONNACK return code that refuses a connection (MQTT 3.1.1, table 3.1). */
const CONNACK_PROBLEMS: Readonly<Record<number, string>> = {
  1: "does not speak MQTT 3.1.1; use one that does",
  2: "refuses the client id; if it allows listed client ids only, add one for this server",
  3: "says that its MQTT service is not available; try again later",
  4: "refuses the user name or the password; check --username and --password, or those in the URL",
  5: "refuses this server (not authorized); give --username and --password, or allow the account on the broker",
};

/** Explains why connecting to a broker failed, in one sentence that says what to do. */
export function describeConnectError(broker: BrokerAddress, error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  const name = `The broker ${broker.url}`;
  if (typeof code === "number")
    return `${name} ${CONNACK_PROBLEMS[code] ?? `refuses the connection with code ${code}; see its log`}.`;
  const reason = textOf(error);
  if (codeOf(error) === "" && (error instanceof TypeError || error instanceof ReferenceError))
    return `${name} cannot be reached because of a bug in this server (${reason}); please report it.`;
  switch (codeOf(error)) {
    case "ECONNREFUSED":
      return `${name} cannot be reached: nothing listens on port ${broker.port} of ${broker.host}; start the broker, or correct --broker.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NONAME":
      return `${name} cannot be found: no address is known for ${broker.host}; check the name and the network, or correct --broker.`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${name} cannot be reached (${codeOf(error)}); check the network and the firewall, or correct --broker.`;
    case "CERT_HAS_EXPIRED":
      return `${name} has a certificate that has expired; renew it.`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${name} has a certificate for another name; use the name in the certificate in --broker.`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `${name} has a certificate from an unknown authority; name your own authority's file in NODE_EXTRA_CA_CERTS.`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "EPROTO":
      return `${name} does not speak TLS on port ${broker.port}; use ${broker.url.replace(/^(mqtt|ws)s:/, "$1:")}, or its TLS port.`;
  }
  if (codeOf(error) === "")
    return `${name} does not answer as an MQTT broker (${reason}); check that port ${broker.port} is its MQTT port${broker.secure ? "" : ", and whether it needs mqtts:// or wss://"}.`;
  return `${name} cannot be reached (${reason}); check --broker.`;
}

/** Explains that an established connection to a broker was lost. */
export function describeConnectionLoss(broker: BrokerAddress, error: unknown): string {
  return `The connection to the broker ${broker.url} was lost${error === undefined ? "" : ` (${textOf(error)})`}.`;
}

/** Explains that the broker refused a subscription, and what to do. */
export function describeRefusedSubscription(broker: BrokerAddress, filter: string): string {
  return `The broker ${broker.url} refuses the subscription to ${filter}; allow it there, or choose other topics with --topic-prefix.`;
}
