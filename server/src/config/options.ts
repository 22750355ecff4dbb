import { DEFAULT_PREFIX, idProblem } from "../../../contract/index.js";
import { UsageError } from "../common/errors.js";
import { DEFAULT_BROKER_LIMITS, type BrokerLimits } from "../broker/limits.js";
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from "../http/limits.js";
import type { TlsFiles } from "../security/certificates.js";
import type { Plugin } from "../http/plugin.js";
import { parseBrokerUrl, type BrokerAddress } from "../transport/url.js";
import type { Retention } from "../history/history.js";
import type { Guest } from "../security/guests.js";
import { LESSON_POLICY, type Policy } from "../decisions/policy.js";
import { createLog, silentLog, type Log, type LogFormat, type LogMessages } from "../observability/log.js";

/** What `startServer` takes. Every option has a default. */
export interface ServerOptions {
  /** Somebody else's broker to join, mqtt(s):// or ws(s)://; without it the server carries its own. */
  readonly broker?: string;
  /** User name for `broker`; the one in its URL unless given. */
  readonly username?: string;
  /** Password for `broker`; the one in its URL unless given. */
  readonly password?: string;
  /** TCP port of the server's own broker, 1883 by default; 0 means any free one. */
  readonly mqttPort?: number;
  /** TCP port of the HTTP API, the dashboard and MQTT over WebSocket, 8080 by default; 0 means any free one. */
  readonly httpPort?: number;
  /** Whether there is HTTP at all, and with it WebSocket; true by default. */
  readonly http?: boolean;
  /** The address to listen on, 127.0.0.1 by default. */
  readonly host?: string;
  /** Lets anybody in who reaches `host`, whoever has an account; otherwise more than loopback needs accounts. */
  readonly anonymous?: boolean;
  /** Let in beside those who have accounts, as long as this server runs; with its own broker. */
  readonly guests?: readonly Guest[];
  /** Devices are `<prefix>/<name>` on somebody else's broker, and the server's status is `<prefix>/status`; `nightlight` by default. */
  readonly topicPrefix?: string;
  /** Further devices on somebody else's broker, by id. */
  readonly ids?: readonly string[];
  /** The folder for what must survive a restart, `.nightlight` by default. */
  readonly data?: string;
  /**
   * Where several servers at one broker share what they know of devices and zones, redis:// or rediss://; without it this
   * server is the only one, and remembers in `data`.
   */
  readonly state?: string;
  /** What decisions go by; the lesson's rule by default. `NightlightServer.reload` replaces it. */
  readonly policy?: Policy;
  /**
   * Where the history is kept, postgres://, a file in `data` by default; and how long: 30 days for readings, a year for
   * switches by default. False: no history.
   */
  readonly history?: HistorySettings | false;
  /** Home Assistant finds the boards by MQTT discovery below this prefix, `homeassistant` by default; false: it does not. */
  readonly homeAssistant?: { readonly discoveryPrefix: string } | false;
  /** Further host names by which HTTP is reached, such as a proxy's; then everybody must log in. */
  readonly httpNames?: readonly string[];
  /** What one client, and all of them, may take. */
  readonly limits?: Partial<Limits>;
  /** Certificate and key: then HTTP is HTTPS, WebSocket is WSS, and there is MQTT over TLS as well. */
  readonly tls?: TlsFiles;
  /** TCP port of MQTT over TLS, 8883 by default with `tls`; 0 means any free one. */
  readonly mqttsPort?: number;
  /** Where the server says what happens; silent by default. */
  readonly log?: Log | LogFormat | "silent";
  /** Which messages have a line in a log that is given as a format; condensed by default. */
  readonly logMessages?: LogMessages;
  /** Additions to the HTTP API. */
  readonly plugins?: readonly Plugin[];
}

/** Limits of what clients of the embedded broker and of HTTP may use. */
export interface Limits extends BrokerLimits, HttpLimits {}

/** Where the history is kept, and how long. */
export interface HistorySettings extends Retention {
  /** Of a database that several servers may share. */
  readonly url?: string;
}

/** The options with defaults filled in and everything checked. */
export interface Settings {
  readonly broker: BrokerAddress | undefined;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly http: boolean;
  readonly host: string;
  readonly anonymous: boolean;
  readonly guests: readonly Guest[];
  readonly prefix: string;
  readonly ids: readonly string[];
  readonly data: string;
  readonly state: string | undefined;
  readonly policy: Policy;
  readonly history: HistorySettings | false;
  readonly homeAssistant: { readonly discoveryPrefix: string } | false;
  readonly httpNames: readonly string[];
  readonly limits: Limits;
  readonly tls: TlsFiles | undefined;
  readonly mqttsPort: number;
  readonly log: Log;
  readonly plugins: readonly Plugin[];
}

const DAY = 24 * 60 * 60 * 1000;

export const DEFAULTS = {
  mqttPort: 1883,
  httpPort: 8080,
  host: "127.0.0.1",
  topicPrefix: DEFAULT_PREFIX,
  data: ".nightlight",
  mqttsPort: 8883,
  homeAssistant: { discoveryPrefix: "homeassistant" },
  history: { readings: 30 * DAY, switches: 365 * DAY },
  limits: { ...DEFAULT_BROKER_LIMITS, ...DEFAULT_HTTP_LIMITS },
};

/**
 * Checks the options.
 * @throws UsageError naming the flag, what was found and what is allowed.
 */
export function settle(options: ServerOptions): Settings {
  const { log = "silent", host = DEFAULTS.host, anonymous = false, topicPrefix = DEFAULTS.topicPrefix } = options;
  const prefixProblem = idProblem(topicPrefix) || (topicPrefix.endsWith("/") ? "it cannot end with /" : "");
  if (prefixProblem) throw new UsageError(`--topic-prefix "${topicPrefix}" is not allowed: ${prefixProblem}.`);
  for (const id of options.ids ?? []) {
    const problem = idProblem(id);
    if (problem) throw new UsageError(`--id "${id}" is not allowed: ${problem}.`);
  }
  if (options.state !== undefined && options.broker === undefined)
    throw new UsageError("--state is for servers side by side at one broker: name it with --broker.");
  return {
    broker:
      options.broker === undefined ? undefined : parseBrokerUrl(options.broker, options.username, options.password),
    mqttPort: port("--mqtt-port", options.mqttPort ?? DEFAULTS.mqttPort),
    httpPort: port("--http-port", options.httpPort ?? DEFAULTS.httpPort),
    http: options.http ?? true,
    host,
    anonymous,
    guests: options.guests ?? [],
    prefix: topicPrefix,
    ids: options.ids ?? [],
    data: options.data ?? DEFAULTS.data,
    state: options.state,
    policy: options.policy ?? LESSON_POLICY,
    history: options.history ?? DEFAULTS.history,
    homeAssistant: options.homeAssistant ?? DEFAULTS.homeAssistant,
    httpNames: options.httpNames ?? [],
    limits: { ...DEFAULTS.limits, ...options.limits },
    tls: options.tls,
    mqttsPort: port("--mqtts-port", options.mqttsPort ?? DEFAULTS.mqttsPort),
    log:
      log === "silent" ? silentLog : typeof log === "string" ? createLog(log, { messages: options.logMessages }) : log,
    plugins: options.plugins ?? [],
  };
}

function port(flag: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw new UsageError(`${flag} must be a whole number from 0 to 65535, 0 meaning any free port.`);
}
