import { Option, type Command } from "commander";
import { DEFAULTS } from "../options.js";
import { nameOf, presentable, type Path, type Problem, type Source } from "./problems.js";

/** The environment, as `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that a flag and a variable can give as well as the file. */
interface Flag {
  readonly path: readonly string[];
  /** As commander writes it. */
  readonly flag: string;
  readonly env: string;
  readonly text: string;
  readonly kind?: "number" | "yes or no" | "list";
  readonly default?: string | number;
}

/** Which flag and which variable give which setting. */
export const FLAGS: readonly Flag[] = [
  {
    path: ["broker", "url"],
    flag: "--broker <url>",
    env: "NIGHTLIGHT_BROKER",
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
    text: "work side by side with other servers at that broker, by way of this Redis: redis://",
  },
  {
    path: ["history", "url"],
    flag: "--history <url>",
    env: "NIGHTLIGHT_HISTORY",
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

/** The flags, and `--config`, as commander's options. */
export function flagOptions(): Option[] {
  const config = new Option("--config <file>", `configuration in YAML (default: ${DEFAULT_FILE} if it is here, env: ${CONFIG_ENV})`); // prettier-ignore
  return [config, ...FLAGS.map(optionOf)];
}

/** The file that is read where the program is started, when none is named. */
export const DEFAULT_FILE = "nightlight.yaml";
const CONFIG_ENV = "NIGHTLIGHT_CONFIG";

// commander's own reading of variables takes an empty one for a value, and one that is there for true
function optionOf(flag: Flag): Option {
  const { default: value, env } = flag;
  const option = new Option(flag.flag, value !== undefined || flag.text.includes(env) ? flag.text : `${flag.text} (env: ${env})`); // prettier-ignore
  if (value !== undefined) option.default(value, `${value}, env: ${env}`);
  return flag.kind === "list" ? option.argParser((id: string, before: string[] = []) => [...before, id]) : option;
}

/** The command that has the flags: a subcommand's root. */
export function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

/** The configuration file that flag or variable name; undefined when neither does. */
export function namedFile(command: Command, env: Environment): string | undefined {
  return rootOf(command).opts<{ config?: string }>().config ?? (env[CONFIG_ENV] || undefined);
}

/** What the flags and the environment say, a flag before its variable, in the shape of the file. */
export interface Given extends Source {
  readonly data: Readonly<Record<string, unknown>>;
  /** The flag or the variable that gives the setting at this path. */
  origin(path: Path): string | undefined;
}

/** Reads flags and environment. What is wrong with them is for the schema to say. */
export function readFlags(command: Command, env: Environment): Given {
  const root = rootOf(command);
  const data: Record<string, unknown> = {};
  const given = new Map<string, { origin: string; value: unknown }>();
  for (const flag of FLAGS) {
    const option = optionOf(flag);
    const byFlag = root.getOptionValueSource(option.attributeName()) === "cli";
    // an empty variable, as container tools pass it on, is none
    if (!byFlag && !env[flag.env]) continue;
    const written: unknown = byFlag ? root.getOptionValue(option.attributeName()) : env[flag.env];
    const value = typeof written === "string" ? read(written, flag.kind) : written;
    given.set(flag.path.join("."), { origin: byFlag ? option.long! : flag.env, value });
    const [first, second] = flag.path;
    data[first] = second ? { ...(data[first] as object | undefined), [second]: value } : value;
  }
  // of a list one item may be wrong: it is of the same flag
  const at = (path: Path) => given.get(path.filter((step) => typeof step === "string").join("."));
  return {
    data,
    has: (path) => at(path) !== undefined,
    origin: (path) => at(path)?.origin,
    found(path) {
      const value = at(path)?.value;
      const item = typeof path.at(-1) === "number" ? (value as unknown[])[path.at(-1) as number] : value;
      return presentable(path, `"${String(item)}"`);
    },
    problem: (path, say): Problem => ({ text: say(at(path)?.origin ?? nameOf(path)) }),
  };
}

/** A text as the file's own type; as it is when it cannot be, so that the schema refuses it. */
function read(text: string, kind: Flag["kind"]): unknown {
  if (kind === "number") return /^\d+$/.test(text) ? Number(text) : text;
  if (kind === "list") return text.split(",").map((item) => item.trim()).filter(Boolean); // prettier-ignore
  if (kind === "yes or no") {
    if (/^(1|true|yes|on)$/i.test(text)) return true;
    if (/^(0|false|no|off)$/i.test(text)) return false;
  }
  return text;
}
