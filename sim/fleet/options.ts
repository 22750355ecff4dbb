/** Parses the command line of `npm run fleet`. */
import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_PREFIX, idProblem } from "../../contract/index.js";
import { parseBrokerUrl, type Broker } from "./transport.js";

/** Options of a load test. The flags in `parseOptions` describe units and ranges. */
export interface Options {
  devices: number;
  rate?: number;
  connections: number;
  broker?: Broker;
  /** URL of the broker as given on the command line, for boards in the virtual machine. */
  brokerUrl?: string;
  config?: string;
  prefix: string;
  qos: 0 | 1;
  status: boolean;
  seconds: number;
  ramp: number;
  day: number;
  hour: number;
  seed: number;
  vms: number | "max";
  keep: boolean;
  watch: number[];
  json: boolean;
}

/** Planned subscriptions per connection, well below the limit of nightlight-server (`limits.subscriptions`, 1,000). */
const SUBSCRIPTIONS_PER_CONNECTION = 100;
/** Largest number of devices for which each device has its own connection by default. */
const MAX_OWN_CONNECTIONS = 1000;

/**
 * Returns the default number of connections for a number of devices.
 *
 * Up to 1,000 devices have one connection each, like boards. More devices share connections.
 */
export function chooseDefaultConnections(devices: number, status: boolean): number {
  return Math.min(
    devices,
    Math.max(MAX_OWN_CONNECTIONS, Math.ceil((devices * (status ? 2 : 1)) / SUBSCRIPTIONS_PER_CONNECTION)),
  );
}

/** Creates a parser for a flag that takes a number in a range. */
const createNumberParser = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  const isValid = whole ? /^\d+$/.test(text) : /^\d+(\.\d+)?$/.test(text);
  if (isValid && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a ${whole ? "whole " : ""}number from ${least} to ${most}.`);
};
const createWholeNumberParser = (least: number, most: number) => createNumberParser(least, most, true);
const createDecimalParser = (least: number, most: number) => createNumberParser(least, most, false);

const parsePrefix = (text: string) => {
  const problem = idProblem(`${text}/fleet-1000000`) || (text.endsWith("/") ? "it cannot end with /" : "");
  if (problem) throw new InvalidArgumentError(`Not a prefix: ${problem}.`);
  return text;
};

const parseBoardCount = (text: string) => (text === "max" ? text : createWholeNumberParser(0, 10_000)(text));

/**
 * Parses the arguments after the program name. Prints help and error messages.
 * @throws CommanderError with exit code 0 after printing help, with another exit code after an invalid argument
 */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm run fleet --")
    .description("Measure how many devices a machine can serve, on a temporary nightlight-server or on any broker.")
    .option("--devices <n>", "number of devices", createWholeNumberParser(1, 10_000_000), 1000)
    .option("--rate <n>", "total readings per second (default: as the firmware reports)", createDecimalParser(0.1, 1e6))
    .option(
      "--connections <n>",
      "number of connections (default: one per device up to 1000, then up to 50 devices on each)",
      createWholeNumberParser(1, 1_000_000),
    ) // prettier-ignore
    .option(
      "--broker <url>",
      "mqtt://[user:password@]host[:port], mqtts://, ws:// or wss:// (default: a temporary server)",
    ) // prettier-ignore
    .option("--config <file>", "configuration file of the temporary server: limits, history, zones …")
    .option("--prefix <prefix>", "device ids are <prefix>/fleet-1, <prefix>/fleet-2, …", parsePrefix, DEFAULT_PREFIX)
    .option("--qos <n>", "MQTT QoS of readings: 0 or 1", createWholeNumberParser(0, 1), 1)
    .option("--no-status", "simulate lesson devices, which send only the light, every 2 s, and no status")
    .option(
      "--seconds <n>",
      "duration after all devices are connected; 0 means until Ctrl+C",
      createDecimalParser(0, 1e6),
      60,
    )
    .option("--ramp <seconds>", "spread the connecting over at least this time", createDecimalParser(0, 1e6), 0)
    .option("--day <seconds>", "length of a simulated day", createDecimalParser(10, 1e6), 86_400)
    .option("--hour <n>", "hour of the simulated day at the start", createDecimalParser(0, 24), 12)
    .option("--seed <n>", "random seed of the simulated weather", createWholeNumberParser(0, 0x7fffffff), 1)
    .option(
      "--vms <n>",
      "also run this many boards with the real firmware, or max for as many as possible",
      parseBoardCount,
      0,
    )
    .option("--keep", "keep the retained messages of the devices on the broker", false)
    .option(
      "--watch <pid>",
      "also measure this process, such as the broker; repeat for several processes",
      (text, all: number[]) => [...all, createWholeNumberParser(1, 0x7fffffff)(text)],
      [],
    ) // prettier-ignore
    .option("--json", "print the summary as one JSON object on standard output", false)
    .addHelpText(
      "after",
      `
Examples:
  npm run fleet -- --devices 100000                  100,000 devices at noon
  npm run fleet -- --devices 100000 --rate 5000      the same devices, 5,000 readings per second
  npm run fleet -- --devices 100 --vms 20            with 20 boards that run the real firmware
  npm run fleet -- --broker mqtt://me:secret@broker.example.org --prefix test --devices 5000

Ctrl+C ends the run and prints the summary. The exit code is 1 when an answer was wrong or missing.`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: "user" });
  const given = command.opts<Omit<Options, "broker" | "connections"> & { broker?: string; connections?: number }>();
  const { devices, broker: url, config, status } = given;
  const connections = given.connections ?? chooseDefaultConnections(devices, status);
  if (connections > devices) command.error(`error: ${connections} connections are more than ${devices} devices`);
  if (url !== undefined && config !== undefined)
    command.error("error: --config applies only to the temporary server; remove --config or --broker");
  let broker: Broker | undefined;
  try {
    broker = url === undefined ? undefined : parseBrokerUrl(url);
  } catch (error) {
    command.error(`error: ${(error as Error).message}`);
  }
  if (given.vms !== 0 && url !== undefined && !/^mqtts?:/.test(url))
    command.error("error: boards with the real firmware support only mqtt:// and mqtts://; leave out --vms");
  return { ...given, connections, broker, brokerUrl: url };
}
