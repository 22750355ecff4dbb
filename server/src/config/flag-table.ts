import { defaultDataFolder } from "./default-data-folder.js";
import { DEFAULT_LOG_MESSAGES } from "../observability/log.js";
import { DEFAULT_OPTIONS } from "./options.js";

/** A setting that can also be set by a command-line flag and an environment variable. */
export interface Flag {
  readonly path: readonly string[];
  /** The flag with its argument, as commander expects it: `--mqtt-port <port>`. */
  readonly flag: string;
  readonly env: string;
  /** The description of the setting in `--help`. */
  readonly text: string;
  readonly kind?: "number" | "yes or no" | "list";
  readonly default?: string | number;
  /**
   * The secret part of the value: all of it, or a password or token in a URL. The server can also read a secret setting
   * from a file.
   */
  readonly secret?: "value" | "in its URL";
}

/** Returns the name of the flag that reads a setting from the first line of a file, such as `--state-file`. */
export const fileFlagOf = ({ flag }: Flag): string => `${flag.split(" ")[0]}-file`;

/**
 * Returns the name of the environment variable that reads a setting from a file, such as `NIGHTLIGHT_STATE_FILE`. The
 * suffix is common for container images.
 */
export const fileVariableOf = ({ env }: Flag): string => `${env}_FILE`;

/** All settings that have a flag and an environment variable. */
export const FLAGS: readonly Flag[] = [
  {
    path: ["broker", "url"],
    flag: "--broker <url>",
    env: "NIGHTLIGHT_BROKER",
    secret: "in its URL",
    text: "connect to this broker: mqtt://, mqtts://, ws:// or wss://",
  },
  {
    path: ["broker", "username"],
    flag: "--username <name>",
    env: "NIGHTLIGHT_USERNAME",
    text: "user name for that broker",
  },
  {
    path: ["broker", "password"],
    flag: "--password <word>",
    env: "NIGHTLIGHT_PASSWORD",
    secret: "value",
    text: "password for that broker; safer in the environment or a file",
  },
  {
    path: ["mqtt_port"],
    flag: "--mqtt-port <port>",
    env: "NIGHTLIGHT_MQTT_PORT",
    text: "port of the embedded broker; 0: any free port",
    kind: "number",
    default: DEFAULT_OPTIONS.mqttPort,
  },
  {
    path: ["mqtts_port"],
    flag: "--mqtts-port <port>",
    env: "NIGHTLIGHT_MQTTS_PORT",
    text: "port of the embedded broker over TLS, with a certificate; 0: any free port",
    kind: "number",
    default: DEFAULT_OPTIONS.mqttsPort,
  },
  {
    path: ["http_port"],
    flag: "--http-port <port>",
    env: "NIGHTLIGHT_HTTP_PORT",
    text: "port of dashboard, API and MQTT over WebSocket (/mqtt); 0: any free port",
    kind: "number",
    default: DEFAULT_OPTIONS.httpPort,
  },
  {
    path: ["http"],
    flag: "--no-http",
    env: "NIGHTLIGHT_HTTP",
    text: "no dashboard, API or WebSocket (env: NIGHTLIGHT_HTTP=0)",
    kind: "yes or no",
  },
  {
    path: ["host"],
    flag: "--host <address>",
    env: "NIGHTLIGHT_HOST",
    text: "address to listen on",
    default: DEFAULT_OPTIONS.host,
  },
  {
    path: ["anonymous"],
    flag: "--anonymous",
    env: "NIGHTLIGHT_ANONYMOUS",
    text: "allow access without login from every machine that reaches --host (env: NIGHTLIGHT_ANONYMOUS=1)",
    kind: "yes or no",
  },
  {
    path: ["ingress", "role"],
    flag: "--ingress <role>",
    env: "NIGHTLIGHT_INGRESS",
    text: "let Home Assistant log people in, as admin or reader; only for its add-on",
  },
  {
    path: ["tls", "cert"],
    flag: "--tls-cert <file>",
    env: "NIGHTLIGHT_TLS_CERT",
    text: "certificate in PEM: turns on HTTPS, WSS and MQTTS",
  },
  {
    path: ["tls", "key"],
    flag: "--tls-key <file>",
    env: "NIGHTLIGHT_TLS_KEY",
    text: "private key of the certificate in PEM",
  },
  {
    path: ["topic_prefix"],
    flag: "--topic-prefix <prefix>",
    env: "NIGHTLIGHT_TOPIC_PREFIX",
    text: "device ids are <prefix>/<name> at the broker of --broker",
    default: DEFAULT_OPTIONS.topicPrefix,
  },
  {
    path: ["ids"],
    flag: "--id <id>",
    env: "NIGHTLIGHT_ID",
    text: "further device at the broker of --broker; can be repeated (env: NIGHTLIGHT_ID, separated by commas)",
    kind: "list",
  },
  {
    path: ["open"],
    flag: "--no-open",
    env: "NIGHTLIGHT_OPEN",
    text: "do not open the dashboard in the browser (env: NIGHTLIGHT_OPEN=0)",
    kind: "yes or no",
  },
  {
    path: ["data"],
    flag: "--data <folder>",
    env: "NIGHTLIGHT_DATA",
    text: "folder for persistent data",
    default: defaultDataFolder(),
  },
  {
    path: ["state"],
    flag: "--state <url>",
    env: "NIGHTLIGHT_STATE",
    secret: "in its URL",
    text: "share the work with other servers at that broker through this Redis: redis://",
  },
  {
    path: ["history", "url"],
    flag: "--history <url>",
    env: "NIGHTLIGHT_HISTORY",
    secret: "in its URL",
    text: "keep the history in this database: postgres://",
  },
  {
    path: ["alerts", "webhook"],
    flag: "--alert-webhook <url>",
    env: "NIGHTLIGHT_ALERT_WEBHOOK",
    secret: "value",
    text: "send alerts to this URL, as JSON by POST",
  },
  {
    path: ["alerts", "webhook_authorization"],
    flag: "--alert-webhook-authorization <value>",
    env: "NIGHTLIGHT_ALERT_WEBHOOK_AUTHORIZATION",
    secret: "value",
    text: "value of the header Authorization for that URL",
  },
  {
    path: ["alerts", "ntfy"],
    flag: "--alert-ntfy <url>",
    env: "NIGHTLIGHT_ALERT_NTFY",
    secret: "value",
    text: "send alerts to this topic of ntfy, as push messages",
  },
  {
    path: ["alerts", "ntfy_token"],
    flag: "--alert-ntfy-token <token>",
    env: "NIGHTLIGHT_ALERT_NTFY_TOKEN",
    secret: "value",
    text: "access token of ntfy",
  },
  {
    path: ["log"],
    flag: "--log <format>",
    env: "NIGHTLIGHT_LOG",
    text: "format of the log: pretty or json",
    default: "pretty",
  },
  {
    path: ["log_messages"],
    flag: "--log-messages <which>",
    env: "NIGHTLIGHT_LOG_MESSAGES",
    text: "which messages to log: none, condensed (200 per second and a summary) or all",
    default: `${DEFAULT_LOG_MESSAGES.pretty}, or ${DEFAULT_LOG_MESSAGES.json} with --log json`,
  },
];
