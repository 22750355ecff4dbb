/** Reads the settings of a board from `.env.defaults` and `.env.local`, and encodes them, exactly as DeviceScript does. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { redactUrl } from "../server/src/security/redact.js";

/** Settings of a board: values by key. An undefined value makes a deployment delete the key on the board. */
export type Settings = Record<string, unknown>;

/** Longest value that the virtual machine stores, in bytes of JSON. Longer values crash the virtual machine. */
export const MAX_VALUE_SIZE = 200;

/**
 * Parses an `.env` file exactly as DeviceScript 2.16.4 does (compiler/src/dotenv.ts), including its peculiarities:
 * a line with `#` anywhere is ignored, keys and values are not trimmed, a value that is valid JSON is parsed
 * (`1883` becomes a number, `"1883"` a string), and an empty value deletes the setting.
 */
export function parseSettings(text: string): Settings {
  const settings: Settings = {};
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = (!line.includes("#") && /^([^=]+)=(.*)$/.exec(line)) || [];
    if (key !== undefined) settings[key] = parseValue(value);
  }
  return settings;
}

function parseValue(text: string): unknown {
  if (!text) return undefined;
  try {
    return (JSON.parse(text) as unknown) ?? text;
  } catch {
    return text;
  }
}

/** Reads a project's settings. `.env.local` takes precedence over `.env.defaults`. Missing files count as empty. */
export function readSettings(folder: string): Settings {
  const settings: Settings = {};
  for (const name of [".env.defaults", ".env.local"]) {
    try {
      Object.assign(settings, parseSettings(readFileSync(path.join(folder, name), "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return settings;
}

/**
 * Returns the settings for a connection to a broker, with the user name and password of the address.
 * @throws RangeError if `broker` is not an `mqtt://` or `mqtts://` address; boards support neither WebSocket nor Unix sockets
 */
export function brokerSettingsOf(broker: string): Settings {
  const url = URL.canParse(broker) ? new URL(broker) : undefined;
  const tls = url?.protocol === "mqtts:";
  if (!url || !url.hostname || (!tls && url.protocol !== "mqtt:"))
    throw new RangeError(
      `A board cannot connect to "${redactUrl(broker)}": give an address such as mqtt://127.0.0.1:1883.`,
    );
  return {
    // Remove the brackets that enclose an IPv6 address in a URL.
    MQTT_HOST: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    MQTT_PORT: Number(url.port || (tls ? 8883 : 1883)),
    MQTT_TLS: tls,
    MQTT_USER: decodeURIComponent(url.username) || undefined,
    MQTT_PWD: decodeURIComponent(url.password) || undefined,
  };
}

/**
 * Encodes settings for the board, as JSON in UTF-8 by key.
 * @throws RangeError if a value is too long for the virtual machine
 */
export function encodeSettings(settings: Settings): Record<string, Uint8Array | undefined> {
  const encoded: Record<string, Uint8Array | undefined> = {};
  for (const [key, value] of Object.entries(settings)) {
    const data = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    if (data && data.length > MAX_VALUE_SIZE)
      throw new RangeError(
        `The setting ${key} has ${data.length} bytes, but a board accepts at most ${MAX_VALUE_SIZE}.`,
      );
    encoded[key] = data;
  }
  return encoded;
}
