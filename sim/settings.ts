/** Reads the settings of a board from `.env.defaults` and `.env.local`, exactly as DeviceScript does. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { createBrokerSettings, type Settings } from "../flashing/settings.js";
import { redactUrl } from "../server/src/security/redact.js";
import { updatePathOf } from "../server/src/updates/update-path.js";

export { encodeSettings, MAX_VALUE_SIZE, type Settings } from "../flashing/settings.js";

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
  try {
    return createBrokerSettings(broker);
  } catch (error) {
    throw new RangeError(
      `A board cannot connect to "${redactUrl(broker)}": give an address such as mqtt://127.0.0.1:1883.`,
      { cause: error },
    );
  }
}

/**
 * Returns the address for updates over the air from the settings if it belongs to the board with this id; otherwise
 * undefined. A board must not use the address of another one, which the settings of a project may contain.
 */
export function updateUrlFor(id: string, { UPDATE_URL: url }: Settings): unknown {
  return typeof url === "string" && url.endsWith(updatePathOf(id)) ? url : undefined;
}
