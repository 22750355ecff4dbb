/** The settings of a board: the encoding that boards store, and the settings for a broker's address. */

/** Settings of a board: values by key. An undefined value makes a deployment delete the key on the board. */
export type Settings = Record<string, unknown>;

/** Longest value that the virtual machine stores, in bytes of JSON. Longer values crash the virtual machine. */
export const MAX_VALUE_SIZE = 200;

/**
 * Returns the settings for a connection to a broker, with the user name and password of the address.
 * @throws RangeError if `broker` is not an `mqtt://` or `mqtts://` address; boards support neither WebSocket nor Unix sockets
 */
export function createBrokerSettings(broker: string): Settings {
  const url = URL.canParse(broker) ? new URL(broker) : undefined;
  const tls = url?.protocol === "mqtts:";
  if (!url || !url.hostname || (!tls && url.protocol !== "mqtt:"))
    throw new RangeError("A board can only connect to an address such as mqtt://192.168.1.5:1883.");
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
    const data = value === undefined ? undefined : new TextEncoder().encode(JSON.stringify(value));
    if (data && data.length > MAX_VALUE_SIZE)
      throw new RangeError(
        `The setting ${key} has ${data.length} bytes, but a board accepts at most ${MAX_VALUE_SIZE}.`,
      );
    encoded[key] = data;
  }
  return encoded;
}
