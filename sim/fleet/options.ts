/** The command line of `npm run fleet`. */
import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_PREFIX, idProblem } from "../../contract/index.js";
import { brokerAt, type Broker } from "./transport.js";

export interface Options {
  devices: number;
  rate?: number;
  connections: number;
  broker?: Broker;
  /** As it was given: boards in the virtual machine read it themselves. */
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

/** As many subscriptions as a nightlight-server grants one client unless it is told otherwise. */
const SUBSCRIPTIONS = 100;
/** So few connections that each may have many devices are no fleet. */
const FEW = 1000;

/** Connections for so many devices: one each, as boards have, for the first thousand; then as few as the server allows. */
export function connectionsFor(devices: number, status: boolean): number {
  return Math.min(devices, Math.max(FEW, Math.ceil((devices * (status ? 2 : 1)) / SUBSCRIPTIONS)));
}

const number = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  const right = whole ? /^\d+$/.test(text) : /^\d+(\.\d+)?$/.test(text);
  if (right && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a ${whole ? "whole " : ""}number from ${least} to ${most}.`);
};
const wholeNumber = (least: number, most: number) => number(least, most, true);
const seconds = (least: number, most: number) => number(least, most, false);

const aPrefix = (text: string) => {
  const problem = idProblem(`${text}/fleet-1000000`) || (text.endsWith("/") ? "it cannot end with /" : "");
  if (problem) throw new InvalidArgumentError(`Not a prefix: ${problem}.`);
  return text;
};

const vms = (text: string) => (text === "max" ? text : wholeNumber(0, 10_000)(text));

/**
 * Reads the arguments after the program's name. Help and mistakes are printed.
 * @throws CommanderError with exit code 0 after help, another one after a mistake
 */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm run fleet --")
    .description(
      "Very many devices that speak as boards do, to size a machine: a nightlight-server of its own, or any broker.",
    )
    .option("--devices <n>", "how many devices", wholeNumber(1, 10_000_000), 1000)
    .option("--rate <n>", "readings a second in all (default: as the firmware would, over the day)", seconds(0.1, 1e6))
    .option(
      "--connections <n>",
      "over how many connections (default: one a device, up to 1000; or 50 devices each)",
      wholeNumber(1, 1_000_000),
    ) // prettier-ignore
    .option(
      "--broker <url>",
      "mqtt://[user:password@]host[:port], mqtts://, ws:// or wss:// (default: a server of its own)",
    ) // prettier-ignore
    .option("--config <file>", "configuration of the server that is started: its limits, history, zones …")
    .option("--prefix <prefix>", "devices are <prefix>/fleet-1, <prefix>/fleet-2, …", aPrefix, DEFAULT_PREFIX)
    .option("--qos <n>", "of readings: 0 or 1", wholeNumber(0, 1), 1)
    .option("--no-status", "lesson devices: the light alone, every 2 s, and no status")
    .option("--seconds <n>", "how long to measure once all are connected; 0: until Ctrl+C", seconds(0, 1e6), 60)
    .option("--ramp <seconds>", "connect them over this time at least", seconds(0, 1e6), 0)
    .option("--day <seconds>", "how long a day of light takes", seconds(10, 1e6), 86_400)
    .option("--hour <n>", "at which hour of the day it begins", seconds(0, 24), 12)
    .option("--seed <n>", "decides the weather", wholeNumber(0, 0x7fffffff), 1)
    .option("--vms <n>", "so many real boards in the virtual machine as well, or max", vms, 0)
    .option("--keep", "leave at the broker what is retained for the devices", false)
    .option(
      "--watch <pid>",
      "measure this process too, such as a broker's; can be repeated",
      (text, all: number[]) => [...all, wholeNumber(1, 0x7fffffff)(text)],
      [],
    ) // prettier-ignore
    .option("--json", "the summary as one JSON object on standard output", false)
    .addHelpText(
      "after",
      `
Examples:
  npm run fleet -- --devices 100000                  what a hundred thousand boards at noon ask of this machine
  npm run fleet -- --devices 100000 --rate 5000      the same devices, 5000 readings a second
  npm run fleet -- --devices 100 --vms 20            with twenty boards that run the firmware
  npm run fleet -- --broker mqtt://me:secret@broker.example.org --prefix test --devices 5000

Ctrl+C ends with the summary. The exit code is 1 when an answer was wrong or missing.`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: "user" });
  const given = command.opts<Omit<Options, "broker" | "connections"> & { broker?: string; connections?: number }>();
  const { devices, broker: url, config, status } = given;
  const connections = given.connections ?? connectionsFor(devices, status);
  if (connections > devices) command.error(`error: ${connections} connections are more than ${devices} devices`);
  if (url !== undefined && config !== undefined)
    command.error("error: --config is for the server that is started without --broker; give one of them");
  let broker: Broker | undefined;
  try {
    broker = url === undefined ? undefined : brokerAt(url);
  } catch (error) {
    command.error(`error: ${(error as Error).message}`);
  }
  if (given.vms !== 0 && url !== undefined && !/^mqtts?:/.test(url))
    command.error("error: boards in the virtual machine speak mqtt:// and mqtts:// alone; leave out --vms");
  return { ...given, connections, broker, brokerUrl: url };
}
