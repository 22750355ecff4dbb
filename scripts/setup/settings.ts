/** A board's settings, and checks of their values. Messages never contain passwords. */
import { isIP } from "node:net";
import { idProblem } from "../../contract/index.js";
import { withoutBrackets } from "../../server/src/common/hosts.js";
import { updatePathOf } from "../../server/src/updates/update-path.js";
import { MAX_VALUE_SIZE, type Settings } from "../../sim/settings.js";

/** A board's settings. An empty text means that there is no value. */
export interface BoardSettings {
  /** The name of the Wi-Fi network. */
  readonly ssid: string;
  /** The password of the Wi-Fi network; "" for an open network. */
  readonly wifiPassword: string;
  readonly broker: Broker;
  /** The user name at the broker; "" when the board connects without one. */
  readonly user: string;
  readonly password: string;
  /** The topic prefix before `/telemetry`; "" for `nightlight/` and six digits that the board chooses. */
  readonly id: string;
}

/** A broker's address. */
export interface Broker {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Converts the settings into the board's keys and values; undefined deletes a setting of an earlier deploy. */
export function toSettings({ ssid, wifiPassword, broker, user, password, id }: BoardSettings): Settings {
  return {
    WIFI_SSID: ssid,
    WIFI_PWD: wifiPassword || undefined,
    MQTT_HOST: broker.host,
    MQTT_PORT: broker.port,
    MQTT_TLS: broker.tls,
    MQTT_USER: user || undefined,
    MQTT_PWD: password || undefined,
    NL_ID: id || undefined,
  };
}

/** Returns the broker's URL without user and password. */
export function urlOf({ host, port, tls }: Broker): string {
  return `${tls ? "mqtts" : "mqtt"}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** A parsed address of a broker, with the user name and password from the address. */
export type BrokerAddress = Broker & { readonly user?: string; readonly password?: string };

/**
 * Parses a broker's address, which has the form `[mqtt[s]://][user[:password]@]host[:port]`.
 * @throws RangeError with a sentence that says what is wrong
 */
export function parseBrokerAddress(text: string): BrokerAddress {
  const example = "write it as mqtt://192.168.1.20 or mqtts://broker.example.org:8883";
  const given = text.trim();
  if (!given) throw new RangeError(`The broker's address is missing: ${example}.`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(given)?.[1].toLowerCase();
  if (scheme && scheme !== "mqtt" && scheme !== "mqtts")
    throw new RangeError(`A board does not support ${scheme}://, only MQTT over TCP or TLS: ${example}.`);
  const address = scheme ? given : `mqtt://${given}`;
  // error messages show the address without the part before the @, which may contain a password
  const shown = given.replace(/^(\w+:\/\/)?.*@/, "$1");
  const port = /:(\d+)\/?$/.exec(address)?.[1];
  if (port && !(Number(port) >= 1 && Number(port) <= 65535))
    throw new RangeError(`"${shown}" has the port ${port}; ports are 1 to 65535: ${example}.`);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const host = withoutBrackets(url?.hostname ?? "");
  if (!url || !/^[\w:.-]+$/.test(host) || (host.includes(":") && !isIP(host)))
    throw new RangeError(`"${shown}" is not the address of a broker: ${example}.`);
  if (!/^\/?$/.test(url.pathname) || url.search || url.hash)
    throw new RangeError(`"${shown}" has something after the host and the port: ${example}.`);
  const problem = lengthProblem("The broker's host name", host);
  if (problem) throw new RangeError(problem);
  const tls = scheme === "mqtts";
  return {
    host,
    port: Number(url.port || (tls ? 8883 : 1883)),
    tls,
    ...(url.username && { user: decodePercent(url.username) }),
    ...(url.password && { password: decodePercent(url.password) }),
  };
}

/** Decodes percent-encoded text; invalid encodings stay as they are. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const byteLength = (text: string) => Buffer.byteLength(text, "utf8");

/** Returns why a text cannot be the name of the Wi-Fi network, as a sentence; "" when it can. */
export function ssidProblem(ssid: string): string {
  if (!ssid) return "The name of the Wi-Fi network is missing.";
  // IEEE 802.11 allows 32 bytes; DeviceScript's ESP32 port (wifi_impl.c) needs one byte of its 32-byte buffer for a NUL
  if (byteLength(ssid) > 31)
    return `The name of the Wi-Fi network has ${byteLength(ssid)} bytes; DeviceScript takes at most 31. Give the network a shorter name, or use a guest network.`;
  return textProblem("The name of the Wi-Fi network", ssid);
}

/** Returns why a text cannot be a Wi-Fi password, as a sentence; "" when it can. */
export function wifiPasswordProblem(password: string): string {
  if (!password) return "";
  // IEEE 802.11, annex J: a passphrase has 8 to 63 characters; 64 hexadecimal digits are a key, which DeviceScript truncates
  if (/^[0-9a-f]{64}$/i.test(password))
    return "That is a Wi-Fi key of 64 digits, which DeviceScript truncates to 63: use the password that the key was made from.";
  if (password.length < 8 || byteLength(password) > 63)
    return `The Wi-Fi password has ${byteLength(password)} bytes; WPA passwords have 8 to 63.`;
  return textProblem("The Wi-Fi password", password);
}

/** Returns why a text cannot be a user name at the broker, as a sentence; "" when it can. */
export function userNameProblem(user: string): string {
  return textProblem("The user name", user) || lengthProblem("The user name", user);
}

/** Returns why a text cannot be a password at the broker, as a sentence; "" when it can. */
export function passwordProblem(password: string): string {
  return textProblem("The broker's password", password) || lengthProblem("The broker's password", password);
}

/** Returns why a text cannot be an id, as a sentence; "" when it can, or when the text is empty. */
export function boardIdProblem(id: string): string {
  const problem = id && idProblem(id);
  return problem && `The id is not valid: ${problem}.`;
}

/** The address that the update adapter of DeviceScript's runtime accepts: key, host, port and path. */
const UPDATE_URL_PATTERN = /^wss?:\/\/wssk:[0-9a-f]{64}@[^\s:/@]+(:\d+)?(\/\S*)$/;

/**
 * Returns why a text cannot be the address for updates over the air, as a sentence without its key; "" when it can, or
 * when the text is empty.
 * @param id the id of the board, which the address must contain; "" if the board chooses its id
 */
export function updateUrlProblem(url: string, id: string): string {
  if (!url) return "";
  const path = UPDATE_URL_PATTERN.exec(url)?.[2];
  if (path === undefined)
    return "UPDATE_URL is not an address for updates over the air: copy what nightlight-server update url prints for the board.";
  if (id && !path.endsWith(updatePathOf(id)))
    return `UPDATE_URL belongs to another board than ${id}: copy what nightlight-server update url ${id} prints.`;
  return lengthProblem("UPDATE_URL", url);
}

/**
 * Returns why a text cannot be sent as an MQTT string. MQTT strings are well-formed UTF-8 without NUL [MQTT-1.5.3-1],
 * [MQTT-1.5.3-2]; other control characters would garble the board's log.
 */
function textProblem(what: string, text: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return `${what} contains a control character, such as a tab.`;
  return /\p{Surrogate}/u.test(text) ? `${what} contains half of a surrogate pair: type the text again.` : "";
}

function lengthProblem(what: string, text: string): string {
  const length = byteLength(JSON.stringify(text));
  return length > MAX_VALUE_SIZE
    ? `${what} takes ${length} bytes with its quotes; a board stores at most ${MAX_VALUE_SIZE}. Choose a shorter text.`
    : "";
}
