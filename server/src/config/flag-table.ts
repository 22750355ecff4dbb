import { DEFAULTS } from "./options.js";

/** A setting that a flag and a variable can give as well as the file. */
export interface Flag {
  readonly path: readonly string[];
  /** As commander writes it. */
  readonly flag: string;
  readonly env: string;
  readonly text: string;
  readonly kind?: "number" | "yes or no" | "list";
  readonly default?: string | number;
  /** What is secret: its value, or a password or token in the URL that it is. Such a setting may also come from a file. */
  readonly secret?: "value" | "in its URL";
}

/** The flag that names a file with the setting in its first line: `--state-file`. */
export const fileFlagOf = ({ flag }: Flag): string => `${flag.split(" ")[0]}-file`;

/** The variable that does so, as container images have it: `NIGHTLIGHT_STATE_FILE`. */
export const fileVariableOf = ({ env }: Flag): string => `${env}_FILE`;

/** Which flag and which variable give which setting. */
export const FLAGS: readonly Flag[] = [
  {
    path: ["broker", "url"],
    flag: "--broker <url>",
    env: "NIGHTLIGHT_BROKER",
    secret: "in its URL",
    text: "join this broker: mqtt://, mqtts://, ws:// or wss://",
  },
  {
    path: ["broker", "username"],
    flag: "--username <name>",
    env: "NIGHTLIGHT_USERNAME",
    text: "user name at that broker",
  },
  {
    path: ["broker", "password"],
    flag: "--password <word>",
    env: "NIGHTLIGHT_PASSWORD",
    secret: "value",
    text: "password at that broker; better in the environment or a file",
  },
  {
    path: ["mqtt_port"],
    flag: "--mqtt-port <port>",
    env: "NIGHTLIGHT_MQTT_PORT",
    text: "port of the server's own broker; 0: any free one",
    kind: "number",
    default: DEFAULTS.mqttPort,
  },
  {
    path: ["mqtts_port"],
    flag: "--mqtts-port <port>",
    env: "NIGHTLIGHT_MQTTS_PORT",
    text: "port of its broker over TLS, with a certificate; 0: any free one",
    kind: "number",
    default: DEFAULTS.mqttsPort,
  },
  {
    path: ["http_port"],
    flag: "--http-port <port>",
    env: "NIGHTLIGHT_HTTP_PORT",
    text: "port of dashboard, API and MQTT over WebSocket (/mqtt); 0: any free one",
    kind: "number",
    default: DEFAULTS.httpPort,
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
    default: DEFAULTS.host,
  },
  {
    path: ["anonymous"],
    flag: "--anonymous",
    env: "NIGHTLIGHT_ANONYMOUS",
    text: "let in anybody who reaches --host, when that is not loopback (env: NIGHTLIGHT_ANONYMOUS=1)",
    kind: "yes or no",
  },
  {
    path: ["tls", "cert"],
    flag: "--tls-cert <file>",
    env: "NIGHTLIGHT_TLS_CERT",
    text: "certificate in PEM: then there is HTTPS, WSS and MQTTS",
  },
  {
    path: ["tls", "key"],
    flag: "--tls-key <file>",
    env: "NIGHTLIGHT_TLS_KEY",
    text: "its private key in PEM",
  },
  {
    path: ["topic_prefix"],
    flag: "--topic-prefix <prefix>",
    env: "NIGHTLIGHT_TOPIC_PREFIX",
    text: "devices are <prefix>/<name> at a broker that you join",
    default: DEFAULTS.topicPrefix,
  },
  {
    path: ["ids"],
    flag: "--id <id>",
    env: "NIGHTLIGHT_ID",
    text: "one more device at a broker that you join; repeat it (env: NIGHTLIGHT_ID, with commas)",
    kind: "list",
  },
  {
    path: ["data"],
    flag: "--data <folder>",
    env: "NIGHTLIGHT_DATA",
    text: "folder for what must survive a restart",
    default: DEFAULTS.data,
  },
  {
    path: ["state"],
    flag: "--state <url>",
    env: "NIGHTLIGHT_STATE",
    secret: "in its URL",
    text: "work side by side with other servers at that broker, by way of this Redis: redis://",
  },
  {
    path: ["history", "url"],
    flag: "--history <url>",
    env: "NIGHTLIGHT_HISTORY",
    secret: "in its URL",
    text: "keep the history in this database: postgres://",
  },
  {
    path: ["log"],
    flag: "--log <format>",
    env: "NIGHTLIGHT_LOG",
    text: "how to write the log, pretty or json",
    default: "pretty",
  },
  {
    path: ["log_messages"],
    flag: "--log-messages <which>",
    env: "NIGHTLIGHT_LOG_MESSAGES",
    text: "which messages have a line in the log: condensed (200 per second and a summary) or all",
    default: "condensed",
  },
];
