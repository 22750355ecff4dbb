/** Parses the command line of `npm run bench`. */
import { Argument, Command, InvalidArgumentError } from "commander";
import { listPeers } from "./loop/peers/index.js";
import type { BrokerKind } from "./loop/peers/peer.js";

export const BENCHMARK_PARTS = ["loop", "flat", "firmware", "dashboard", "history", "mqtt"] as const;
export type BenchmarkPart = (typeof BENCHMARK_PARTS)[number];

const LOOP_KINDS = ["closed", "open", "cold"] as const;
type LoopKind = (typeof LOOP_KINDS)[number];

/** How long a run measures: `quick` for a smoke test, `usual` for a first impression, `full` for results to publish. */
export type RunLength = "quick" | "usual" | "full";

export interface BenchmarkOptions {
  readonly parts: readonly BenchmarkPart[];
  readonly length: RunLength;
  readonly rounds: number;
  /** Length of each measurement, in s. */
  readonly seconds: number;
  /** Warm-up before each measurement, in s. */
  readonly warmUp: number;
  readonly warmUpCycles: number;
  /** Names of the servers to measure; undefined for all. */
  readonly peers?: readonly string[];
  readonly brokerKinds: readonly BrokerKind[];
  readonly qos: readonly (0 | 1)[];
  readonly loops: readonly LoopKind[];
  readonly rate: number;
  readonly connections?: readonly number[];
  readonly devices?: readonly number[];
  readonly switchEvery: number;
  readonly seed: number;
  readonly trace?: string;
  readonly profile?: string;
  readonly write: boolean;
}

const RUN_LENGTHS: Record<RunLength, Pick<BenchmarkOptions, "rounds" | "seconds" | "warmUp" | "warmUpCycles">> = {
  quick: { rounds: 1, seconds: 0.5, warmUp: 0.3, warmUpCycles: 0 },
  usual: { rounds: 3, seconds: 1, warmUp: 1, warmUpCycles: 20_000 },
  full: { rounds: 3, seconds: 2, warmUp: 1.5, warmUpCycles: 40_000 },
};

function parserForNumberAbove(least: number, what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() && value > least) return value;
    throw new InvalidArgumentError(`It must be ${what}.`);
  };
}
const parsePositive = parserForNumberAbove(0, "a number above 0");
function parseWholeNumber(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 to 9999999.");
}
const splitList = (text: string): string[] => text.split(",").map((item) => item.trim());
const parseWholeNumbers = (text: string): number[] => splitList(text).map(parseWholeNumber);
function parserForChoices<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) =>
    splitList(text).map((item) => {
      if ((allowed as readonly string[]).includes(item)) return item as T;
      throw new InvalidArgumentError(`"${item}" is not one of ${allowed.join(", ")}.`);
    });
}

const HELP_TEXT = `
Parts:
  loop       commands/s, latency, CPU and memory from reading to command, compared with other servers
             (7 min; --full: 17 min)
  flat       throughput, memory and start time with 100,000 devices and with 100, compared with other servers (7 min)
  firmware   messages per day, delay from light to lamp, bytes per reading, size (2 min)
  dashboard  bytes and time to the first card with 500 boards (half a minute)
  history    time to write and query the history (1 min; --full: 5 min)
  mqtt       the boards' MQTT client compared with DeviceScript's (3 min)
  all        all parts above

Servers: ${listPeers().map(({ name, title }) => `${name} (${title.replaceAll("`", "")})`).join(", ")}.
The benchmark lists servers that are not installed, and how to install them.

Examples:
  npm run bench
  npm run bench -- all --full --write
  npm run bench -- loop --broker mosquitto --qos 1 --peers ours,mqtt --profile profiles`; // prettier-ignore

export function createCommandLine(): Command {
  return new Command("npm run bench --")
    .description("Measure the nightlight and compare it with other servers. Run npm run build first.")
    .addArgument(
      new Argument("[parts...]", "what to measure").choices([...BENCHMARK_PARTS, "all"]).default(["loop"], "loop"),
    )
    .option("--quick", "measure once for half a second, as a smoke test")
    .option("--full", "measure longer and in all scenarios, for numbers to publish")
    .option("--write", "write tables and plots into docs/")
    .option("--rounds <n>", "number of rounds; tables show the median (default: 3)", parseWholeNumber)
    .option("--seconds <s>", "length of each measurement (default: 1; --full: 2)", parsePositive)
    .option(
      "--warm-up <s>",
      "warm-up before each measurement (default: 1; --full: 1.5)",
      parserForNumberAbove(-1, "a number"),
    )
    .option(
      "--peers <names>",
      "servers, comma-separated (default: all)",
      parserForChoices(listPeers().map(({ name }) => name)),
    )
    .option("--broker <kinds>", "mosquitto, embedded (default: both)", parserForChoices(["mosquitto", "embedded"]))
    .option("--qos <levels>", "0, 1 (default: both)", parserForChoices(["0", "1"]))
    .option(
      "--loop <kinds>",
      "closed: each answer triggers the next reading; open: a fixed rate; cold: closed, with new devices (default: closed; --full: all)",
      parserForChoices(LOOP_KINDS),
    ) // prettier-ignore
    .option("--rate <n>", "readings per second in the open loop", parsePositive, 2000)
    .option(
      "--connections <n,…>",
      "connections that the devices share (default: 1,100; --full: 1,100,1000)",
      parseWholeNumbers,
    )
    .option(
      "--devices <n,…>",
      "numbers of devices in the closed loop; flat uses the largest (default: 100; flat: 100000)",
      parseWholeNumbers,
    ) // prettier-ignore
    .option("--switch-every <n>", "number of readings after which a device's lamp must switch", parseWholeNumber, 1)
    .option("--seed <n>", "random seed of the generated day for the firmware", parseWholeNumber, 1)
    .option("--trace <file.csv>", 'recorded day instead of the generated one, columns "time_s,light"')
    .option("--profile <folder>", "CPU profiles of our server, for a browser's developer tools")
    .addHelpText("after", HELP_TEXT);
}

interface ParsedFlags {
  quick?: boolean;
  full?: boolean;
  write?: boolean;
  rounds?: number;
  seconds?: number;
  warmUp?: number;
  peers?: string[];
  broker?: BrokerKind[];
  qos?: string[];
  loop?: LoopKind[];
  rate: number;
  connections?: number[];
  devices?: number[];
  switchEvery: number;
  seed: number;
  trace?: string;
  profile?: string;
}

/** Returns the options of a parsed command line, with defaults. */
export function parseOptions(command: Command): BenchmarkOptions {
  const { broker, qos, loop, quick, full, write, ...rest } = command.opts<ParsedFlags>();
  const parts = command.processedArgs[0] as (BenchmarkPart | "all")[];
  const length = quick ? "quick" : full ? "full" : "usual";
  return {
    ...RUN_LENGTHS[length],
    ...rest,
    length,
    parts: parts.includes("all") ? BENCHMARK_PARTS : BENCHMARK_PARTS.filter((part) => parts.includes(part)),
    brokerKinds: broker ?? ["mosquitto", "embedded"],
    qos: (qos ?? ["0", "1"]).map((level) => (level === "0" ? 0 : 1)),
    loops: loop ?? (full ? LOOP_KINDS : ["closed"]),
    write: write ?? false,
  };
}
