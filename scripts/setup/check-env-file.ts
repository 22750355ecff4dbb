/** Checks the settings in `.env.local` as DeviceScript would read them. Messages never contain secrets. */
import { statSync } from "node:fs";
import path from "node:path";
import type { Settings } from "../../sim/settings.js";
import { parseAsDeviceScript } from "./devicescript.js";
import { parseKey } from "./env-file.js";
import { boardIdProblem, parseBrokerAddress, passwordProblem, ssidProblem, updateUrlProblem, urlOf, userNameProblem, wifiPasswordProblem, type BoardSettings } from "./settings.js"; // prettier-ignore
import { ENV_FILE, readEnvFile } from "./store.js";
import { findAdvice, findConnectionProblems } from "./warnings.js";

/** The result of checking `.env.local`. */
export interface EnvFileCheck {
  /** Whether the file `.env.local` exists. */
  readonly exists: boolean;
  /** Mistakes that keep a board from working, as sentences. */
  readonly problems: readonly string[];
  /** Warnings about settings that work but are unwise or look like mistakes, as sentences. */
  readonly notes: readonly string[];
  /** The settings; undefined when an essential one is missing or wrong. */
  readonly settings?: BoardSettings;
}

const TEXT_KEYS = ["WIFI_SSID", "WIFI_PWD", "MQTT_HOST", "MQTT_USER", "MQTT_PWD", "NL_ID"] as const;
const KNOWN_KEYS: readonly string[] = [...TEXT_KEYS, "MQTT_PORT", "MQTT_TLS", "NL_KEEPALIVE"];
/** The shortest and the longest keep-alive that the firmware accepts (src/settings.ts), in s. */
const [MIN_KEEP_ALIVE, MAX_KEEP_ALIVE] = [5, 1200];
/** The longest key that DeviceScript stores, in bytes. */
const MAX_KEY_LENGTH = 13;

/** Checks the settings of a project folder: `.env.local`, with defaults from `.env.defaults`. */
export async function checkEnvFile(root: string): Promise<EnvFileCheck> {
  const text = await readEnvFile(root);
  if (text === undefined) return { exists: false, problems: [`There is no ${ENV_FILE} with your Wi-Fi and broker.`], notes: [] }; // prettier-ignore
  const values = {
    ...parseAsDeviceScript((await readEnvFile(root, ".env.defaults")) ?? ""),
    ...parseAsDeviceScript(text),
  };
  const lines = checkLines(text);
  const { problems, settings } = checkValues(values);
  return {
    exists: true,
    problems: [...lines.problems, ...problems, ...(settings ? findConnectionProblems(settings) : [])],
    notes: [...lines.notes, ...checkFileMode(root), ...(settings ? findAdvice(settings) : [])],
    settings,
  };
}

/** Finds lines that DeviceScript reads differently than a person would expect. */
function checkLines(text: string): { problems: string[]; notes: string[] } {
  const problems: string[] = [];
  const notes: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const key = parseKey(line);
    const where = `${ENV_FILE}, line ${i + 1}:`;
    if (key === undefined) continue;
    if (line.includes("#"))
      problems.push(`${where} DeviceScript drops a line with # anywhere in it, so ${key} is not set.`); // prettier-ignore
    else if (!line.startsWith(`${key}=`))
      problems.push(`${where} the name ${key} must begin the line, with = right after it.`);
    else if (Buffer.byteLength(key) > MAX_KEY_LENGTH)
      problems.push(`${where} the name ${key} is longer than ${MAX_KEY_LENGTH} characters.`); // prettier-ignore
    else if (!KNOWN_KEYS.includes(key) && /^(WIFI|MQTT|NL)/i.test(key))
      notes.push(`${where} ${key} is unknown; the settings are ${KNOWN_KEYS.join(", ")}.`);
    else if (/^[^=]*=\s|\s$/.test(line)) notes.push(`${where} the space around the value of ${key} is part of it.`);
  }
  return { problems, notes };
}

function checkValues(values: Settings): { problems: string[]; settings?: BoardSettings } {
  const problems: string[] = [];
  for (const key of TEXT_KEYS) {
    const value = values[key];
    if (value !== undefined && typeof value !== "string")
      problems.push(
        `${key} looks like a number or JSON, so a board may receive a different text: put the value in double quotes.`,
      );
  }
  const textOf = (key: (typeof TEXT_KEYS)[number]) => (values[key] === undefined ? "" : String(values[key]));
  const ssid = textOf("WIFI_SSID");
  const wifiPassword = textOf("WIFI_PWD");
  const user = textOf("MQTT_USER");
  const password = textOf("MQTT_PWD");
  const id = textOf("NL_ID");
  problems.push(ssidProblem(ssid), wifiPasswordProblem(wifiPassword), userNameProblem(user), passwordProblem(password), boardIdProblem(id)); // prettier-ignore
  if (values.MQTT_TLS !== undefined && typeof values.MQTT_TLS !== "boolean")
    problems.push("MQTT_TLS is neither true nor false.");
  const tls = values.MQTT_TLS === true;
  const port = values.MQTT_PORT ?? (tls ? 8883 : 1883);
  const portIsRight = Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65535;
  if (!portIsRight) problems.push("MQTT_PORT is not a port from 1 to 65535.");
  const keepAlive = values.NL_KEEPALIVE ?? MIN_KEEP_ALIVE;
  if (!Number.isInteger(keepAlive) || Number(keepAlive) < MIN_KEEP_ALIVE || Number(keepAlive) > MAX_KEEP_ALIVE)
    problems.push(`NL_KEEPALIVE is not a whole number of seconds from ${MIN_KEEP_ALIVE} to ${MAX_KEEP_ALIVE}.`);
  problems.push(updateUrlProblem(String(values.UPDATE_URL ?? ""), id));
  const host = textOf("MQTT_HOST");
  const hostProblem = checkHost(host);
  problems.push(hostProblem);
  const found = problems.filter((problem) => problem !== "");
  if (hostProblem || !portIsRight || !ssid) return { problems: found };
  return { problems: found, settings: { ssid, wifiPassword, broker: { host, port: Number(port), tls }, user, password, id } }; // prettier-ignore
}

function checkHost(host: string): string {
  if (!host) return "MQTT_HOST, the broker's address, is missing.";
  try {
    const read = parseBrokerAddress(urlOf({ host, port: 1883, tls: false }));
    return read.host === host ? "" : `MQTT_HOST is "${host}": give the host alone, such as 192.168.1.20.`;
  } catch {
    return "MQTT_HOST is not a host name or an address: give the host alone, such as 192.168.1.20.";
  }
}

function checkFileMode(root: string): string[] {
  // skips Windows, where the file mode does not show who may read the file
  if (process.platform === "win32" || (statSync(path.join(root, ENV_FILE)).mode & 0o077) === 0) return [];
  return [`Other users of this computer can read the passwords in ${ENV_FILE}: chmod 600 ${ENV_FILE}`];
}
