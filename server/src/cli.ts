import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { UsageError } from "./errors.js";
import type { LogFormat } from "./log.js";
import { DEFAULTS, type ServerOptions } from "./options.js";
import { VERSION } from "./version.js";

/** The environment, as `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the flags say, under the names that commander gives them. */
interface Flags {
  readonly broker?: string;
  readonly username?: string;
  readonly password?: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly http: boolean;
  readonly host: string;
  readonly anonymous?: boolean;
  readonly topicPrefix: string;
  readonly id?: string[];
  readonly data: string;
  readonly log: LogFormat;
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65535) return value;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535, 0 meaning any free port.");
}

function yesOrNo(env: Environment, name: string, otherwise: boolean): boolean {
  const text = env[name];
  if (!text) return otherwise;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${name} must be 1 or 0, not "${text}".`);
}

/** The command with every flag of the server, for programs that add their own. When parsing fails it throws CommanderError. */
export function createCommand(name = "nightlight-server"): Command {
  const flag = (flags: string, description: string): Option => new Option(flags, description);
  return new Command(name)
    .description("Decides, over MQTT, when a nightlight is on. Carries an MQTT broker of its own, or joins yours.")
    .addOption(flag("--broker <url>", "join this broker: mqtt://, mqtts://, ws:// or wss://").env("NIGHTLIGHT_BROKER"))
    .addOption(flag("--username <name>", "user name at that broker").env("NIGHTLIGHT_USERNAME"))
    .addOption(
      flag("--password <word>", "password at that broker; better in the environment").env("NIGHTLIGHT_PASSWORD"),
    )
    .addOption(
      flag("--mqtt-port <port>", "port of the server's own broker; 0: any free one")
        .env("NIGHTLIGHT_MQTT_PORT")
        .default(DEFAULTS.mqttPort)
        .argParser(port),
    )
    .addOption(
      flag("--http-port <port>", "port of dashboard, API and MQTT over WebSocket (/mqtt); 0: any free one")
        .env("NIGHTLIGHT_HTTP_PORT")
        .default(DEFAULTS.httpPort)
        .argParser(port),
    )
    .addOption(flag("--no-http", "no dashboard, API or WebSocket (env: NIGHTLIGHT_HTTP=0)"))
    .addOption(flag("--host <address>", "address to listen on").env("NIGHTLIGHT_HOST").default(DEFAULTS.host))
    .addOption(
      flag("--anonymous", "let in anybody who reaches --host, when that is not loopback (env: NIGHTLIGHT_ANONYMOUS=1)"),
    )
    .addOption(
      flag("--topic-prefix <prefix>", "devices are <prefix>/<name> at a broker that you join")
        .env("NIGHTLIGHT_TOPIC_PREFIX")
        .default(DEFAULTS.topicPrefix),
    )
    .addOption(
      flag(
        "--id <id>",
        "one more device at a broker that you join; repeat it (env: NIGHTLIGHT_ID, with commas)",
      ).argParser((id: string, before: string[] | undefined) => [...(before ?? []), id]),
    )
    .addOption(
      flag("--data <folder>", "folder for what must survive a restart").env("NIGHTLIGHT_DATA").default(DEFAULTS.data),
    )
    .addOption(
      flag("--log <format>", "how to write the log")
        .env("NIGHTLIGHT_LOG")
        .choices(["pretty", "json"])
        .default("pretty"),
    )
    .version(VERSION, "--version")
    .helpOption("--help", "show this")
    .addHelpText(
      "after",
      `
Flags go before the environment, the environment before the defaults.

Examples:
  $ nightlight-server
      broker on port 1883, dashboard on http://127.0.0.1:8080
  $ nightlight-server --broker mqtts://broker.example.org --username me --topic-prefix my-house
      joins a broker; the password comes from NIGHTLIGHT_PASSWORD
  $ nightlight-server --broker mqtt://test.mosquitto.org --id 1f3b2a
      answers the device of the lesson whose ID is 1f3b2a, and those below nightlight/`,
    )
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

/**
 * The server's options from a command that has parsed its arguments.
 * @throws UsageError when a variable that commander does not read is wrong.
 */
export function optionsFrom(command: Command, env: Environment = process.env): ServerOptions {
  const { id, log, ...flags } = command.opts<Flags>();
  return {
    ...flags,
    // an empty variable, as container tools pass it on, is none
    broker: flags.broker || undefined,
    username: flags.username || undefined,
    password: flags.password || undefined,
    log,
    http: flags.http && yesOrNo(env, "NIGHTLIGHT_HTTP", true),
    anonymous: flags.anonymous ?? yesOrNo(env, "NIGHTLIGHT_ANONYMOUS", false),
    ids:
      id ??
      (env.NIGHTLIGHT_ID ?? "")
        .split(",")
        .map((text) => text.trim())
        .filter(Boolean),
  };
}

/**
 * What to print, and the exit code, when commander ends the parsing: help and version are no failures.
 * @param hint where there is more to read
 */
export function parsingProblem(
  error: CommanderError,
  hint = "See nightlight-server --help.",
): { text: string; code: number } {
  if (error.exitCode === 0) return { text: "", code: 0 };
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\s+/g, " ")
    .trim();
  return { text: `${text}${/[.?)]$/.test(text) ? "" : "."} ${hint}`, code: 2 };
}
