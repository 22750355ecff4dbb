import { DEFAULT_PREFIX, idProblem } from "../../../contract/index.js";
import { defaultDataFolder } from "./default-data-folder.js";
import { UsageError } from "../common/errors.js";
import { DEFAULT_BROKER_LIMITS, type BrokerLimits } from "../broker/limits.js";
import type { IngressSettings } from "../http/ingress.js";
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from "../http/limits.js";
import type { TlsFiles } from "../security/certificates.js";
import type { SettingsSource } from "../http/settings/source.js";
import type { Plugin } from "../http/plugin.js";
import { parseBrokerUrl, type BrokerAddress } from "../transport/url.js";
import type { Retention } from "../history/history.js";
import type { Guest } from "../security/guests.js";
import { DEFAULT_ALERT_SETTINGS, type AlertSettings } from "../alerts/settings.js";
import { LESSON_POLICY, type Policy } from "../decisions/policy.js";
import type { UpdateTimeouts } from "../updates/timeouts.js";
import { createLog, silentLog, type Log, type LogFormat, type LogMessages } from "../observability/log.js";

/** Options of `startServer`. Every option has a default. */
export interface ServerOptions {
  /** URL of a remote broker, mqtt(s):// or ws(s)://. Default: the server runs its embedded broker. */
  readonly broker?: string;
  /** User name for `broker`. Default: the user name in the URL. */
  readonly username?: string;
  /** Password for `broker`. Default: the password in the URL. */
  readonly password?: string;
  /** TCP port of the embedded broker. Default: 1883; 0: any free port. */
  readonly mqttPort?: number;
  /** TCP port of the HTTP API, the dashboard and MQTT over WebSocket. Default: 8080; 0: any free port. */
  readonly httpPort?: number;
  /** Whether to serve HTTP and WebSocket. Default: true. */
  readonly http?: boolean;
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /**
   * Allows access without login from every machine that can reach `host`. Without this option, listening on other
   * addresses than loopback requires accounts.
   */
  readonly anonymous?: boolean;
  /** Temporary accounts for the embedded broker, which end when the server closes. */
  readonly guests?: readonly Guest[];
  /**
   * On a remote broker, device ids are `<prefix>/<name>`, and the server status is `<prefix>/status`. Default:
   * `nightlight`.
   */
  readonly topicPrefix?: string;
  /** Ids of further devices on a remote broker, outside `topicPrefix`. */
  readonly ids?: readonly string[];
  /** Folder for persistent data. Default: the result of `defaultDataFolder`, such as `~/.local/share/nightlight`. */
  readonly data?: string;
  /**
   * URL of a Redis database, redis:// or rediss://. Several servers at one broker share the state of devices and zones
   * in this database. Default: this server is the only one and keeps the state in `data`.
   */
  readonly state?: string;
  /**
   * Rules, zones and reporting settings. Default: a lamp is on below light level 300. `NightlightServer.reload`
   * replaces the policy.
   */
  readonly policy?: Policy;
  /**
   * Database and retention times of the history. Default: a file in `data`, with readings for 30 days and lamp switches
   * for a year. False turns the history off.
   */
  readonly history?: HistoryOptions | false;
  /** Topic prefix for MQTT discovery by Home Assistant. Default: `homeassistant`; false turns discovery off. */
  readonly homeAssistant?: { readonly discoveryPrefix: string } | false;
  /**
   * When problems become alerts, and where alerts are sent. Default: a problem becomes an alert after two minutes, and
   * only the dashboard shows alerts.
   */
  readonly alerts?: Partial<AlertSettings>;
  /** Program updates of boards over the air. Default: the programs that belong to this server. */
  readonly updates?: UpdateOptions;
  /**
   * Further host names for HTTP, such as the name of a reverse proxy. If host names are set, all clients must log in.
   */
  readonly httpNames?: readonly string[];
  /**
   * Trusts Home Assistant's ingress at one address to log users in. Everybody who comes through it has this role. Default:
   * off.
   */
  readonly ingress?: IngressSettings;
  /** Resource limits for each client and for all clients together. */
  readonly limits?: Partial<Limits>;
  /** Certificate and key. If set, the server uses HTTPS and WSS, and offers MQTT over TLS. */
  readonly tls?: TlsFiles;
  /** TCP port of MQTT over TLS, if `tls` is set. Default: 8883; 0: any free port. */
  readonly mqttsPort?: number;
  /** The log, or the format of the log on standard output. Default: `silent`, which means no log. */
  readonly log?: Log | LogFormat | "silent";
  /** Which messages to log, if `log` is a format. Default: none, or condensed with the format `json`. */
  readonly logMessages?: LogMessages;
  /**
   * The command that started this server, such as `npm start --`. The dashboard shows commands that begin with this
   * command and that people can copy. Default: the command is unknown, and the dashboard names settings instead.
   */
  readonly startCommand?: string;
  /** Plug-ins for the HTTP API. */
  readonly plugins?: readonly Plugin[];
  /**
   * The source of the settings that the HTTP API shows and changes, such as a `LiveConfiguration`. Default: none,
   * because the program that calls `startServer` sets all options.
   */
  readonly configuration?: SettingsSource;
}

/** Options of program updates. */
export interface UpdateOptions {
  /** Folder with a subfolder for each program. Default: the programs that belong to this server. */
  readonly folder?: string;
  /** How long the steps of an update may take, in ms. */
  readonly timeouts?: Partial<UpdateTimeouts>;
}

/** Resource limits for clients of the embedded broker and of HTTP. */
export interface Limits extends BrokerLimits, HttpLimits {}

/** The database of the history, and how long it keeps data. */
export interface HistoryOptions extends Retention {
  /** URL of a PostgreSQL database, which several servers can share. Default: a file in the data folder. */
  readonly url?: string;
}

/** The validated options with all defaults filled in. */
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
  readonly history: HistoryOptions | false;
  readonly homeAssistant: { readonly discoveryPrefix: string } | false;
  readonly alerts: AlertSettings;
  readonly updates: UpdateOptions;
  readonly httpNames: readonly string[];
  readonly ingress: IngressSettings | undefined;
  readonly limits: Limits;
  readonly tls: TlsFiles | undefined;
  readonly mqttsPort: number;
  readonly log: Log;
  readonly startCommand: string | undefined;
  readonly plugins: readonly Plugin[];
  readonly configuration: SettingsSource | undefined;
}

const DAY = 24 * 60 * 60 * 1000;

/** Default values of the options. */
export const DEFAULT_OPTIONS = {
  mqttPort: 1883,
  httpPort: 8080,
  host: "127.0.0.1",
  topicPrefix: DEFAULT_PREFIX,
  mqttsPort: 8883,
  homeAssistant: { discoveryPrefix: "homeassistant" },
  history: { readings: 30 * DAY, switches: 365 * DAY },
  alerts: DEFAULT_ALERT_SETTINGS,
  limits: { ...DEFAULT_BROKER_LIMITS, ...DEFAULT_HTTP_LIMITS },
};

/**
 * Validates options and fills in defaults.
 * @throws UsageError that names the flag, the value and what is allowed
 */
export function toSettings(options: ServerOptions): Settings {
  const {
    log = "silent",
    host = DEFAULT_OPTIONS.host,
    anonymous = false,
    topicPrefix = DEFAULT_OPTIONS.topicPrefix,
  } = options;
  const prefixProblem = idProblem(topicPrefix) || (topicPrefix.endsWith("/") ? "it cannot end with /" : "");
  if (prefixProblem) throw new UsageError(`--topic-prefix "${topicPrefix}" is not allowed: ${prefixProblem}.`);
  for (const id of options.ids ?? []) {
    const problem = idProblem(id);
    if (problem) throw new UsageError(`--id "${id}" is not allowed: ${problem}.`);
  }
  if (options.state !== undefined && options.broker === undefined)
    throw new UsageError("--state is for several servers at one broker: name the broker with --broker.");
  return {
    broker:
      options.broker === undefined ? undefined : parseBrokerUrl(options.broker, options.username, options.password),
    mqttPort: validatePort("--mqtt-port", options.mqttPort ?? DEFAULT_OPTIONS.mqttPort),
    httpPort: validatePort("--http-port", options.httpPort ?? DEFAULT_OPTIONS.httpPort),
    http: options.http ?? true,
    host,
    anonymous,
    guests: options.guests ?? [],
    prefix: topicPrefix,
    ids: options.ids ?? [],
    data: options.data ?? defaultDataFolder(),
    state: options.state,
    policy: options.policy ?? LESSON_POLICY,
    history: options.history ?? DEFAULT_OPTIONS.history,
    homeAssistant: options.homeAssistant ?? DEFAULT_OPTIONS.homeAssistant,
    alerts: { ...DEFAULT_OPTIONS.alerts, ...options.alerts },
    updates: options.updates ?? {},
    httpNames: options.httpNames ?? [],
    ingress: options.ingress,
    limits: { ...DEFAULT_OPTIONS.limits, ...options.limits },
    tls: options.tls,
    mqttsPort: validatePort("--mqtts-port", options.mqttsPort ?? DEFAULT_OPTIONS.mqttsPort),
    log:
      log === "silent" ? silentLog : typeof log === "string" ? createLog(log, { messages: options.logMessages }) : log,
    startCommand: options.startCommand,
    plugins: options.plugins ?? [],
    configuration: options.configuration,
  };
}

function validatePort(flag: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw new UsageError(`${flag} must be a whole number from 0 to 65535; 0 means any free port.`);
}
