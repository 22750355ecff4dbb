/** The command line of `npm run bench`. */
import { Argument, Command, InvalidArgumentError } from "commander";
import { allPeers } from "./loop/peers/index.js";
import type { Place } from "./loop/peers/peer.js";

export const PARTS = ["loop", "flat", "firmware", "dashboard", "history", "mqtt"] as const;
export type Part = (typeof PARTS)[number];

const LOOPS = ["closed", "open", "cold"] as const;
type Loop = (typeof LOOPS)[number];

/** How long it may take: whether it works at all, a first look, or figures for the page. */
export type Length = "quick" | "usual" | "full";

export interface Options {
  readonly parts: readonly Part[];
  readonly length: Length;
  readonly rounds: number;
  /** s */
  readonly seconds: number;
  /** s */
  readonly warmUp: number;
  readonly warmUpCycles: number;
  /** Undefined: all. */
  readonly peers?: readonly string[];
  readonly places: readonly Place[];
  readonly qos: readonly (0 | 1)[];
  readonly loops: readonly Loop[];
  readonly rate: number;
  readonly connections?: readonly number[];
  readonly devices?: readonly number[];
  readonly switchEvery: number;
  readonly seed: number;
  readonly trace?: string;
  readonly profile?: string;
  readonly write: boolean;
}

const LENGTHS: Record<Length, Pick<Options, "rounds" | "seconds" | "warmUp" | "warmUpCycles">> = {
  quick: { rounds: 1, seconds: 0.5, warmUp: 0.3, warmUpCycles: 0 },
  usual: { rounds: 3, seconds: 1, warmUp: 1, warmUpCycles: 20_000 },
  full: { rounds: 3, seconds: 2, warmUp: 1.5, warmUpCycles: 40_000 },
};

function above(least: number, what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() && value > least) return value;
    throw new InvalidArgumentError(`It must be ${what}.`);
  };
}
const positive = above(0, "a number above 0");
function whole(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 to 9999999.");
}
const list = (text: string): string[] => text.split(",").map((item) => item.trim());
const wholes = (text: string): number[] => list(text).map(whole);
function among<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) =>
    list(text).map((item) => {
      if ((allowed as readonly string[]).includes(item)) return item as T;
      throw new InvalidArgumentError(`"${item}" is not one of ${allowed.join(", ")}.`);
    });
}

const EXPLANATION = `
Parts:
  loop       the whole job: commands/s, latency, CPU and memory, beside other servers (usual: 7 min, --full: 17 min)
  flat       100,000 devices against 100: throughput, heap, start, beside other servers (7 min)
  firmware   messages of a day, light to lamp, bytes, size (2 min)
  dashboard  bytes and time to the first card with 500 boards (half a minute)
  history    writing and asking (1 min; --full: 5 min)
  mqtt       the boards' MQTT client beside DeviceScript's own (3 min)
  all        all of these

Servers: ${allPeers().map(({ name, title }) => `${name} (${title.replaceAll("`", "")})`).join(", ")}.
Those that are missing are named, with what would bring them.

Examples:
  npm run bench
  npm run bench -- all --full --write
  npm run bench -- loop --broker mosquitto --qos 1 --peers ours,mqtt --profile profiles`; // prettier-ignore

export function commandLine(): Command {
  return new Command("npm run bench --")
    .description("Measures the nightlight, beside others in the same run, in turn. Build it before: npm run build.")
    .addArgument(new Argument("[parts...]", "what to measure").choices([...PARTS, "all"]).default(["loop"], "loop"))
    .option("--quick", "once, for half a second: whether it works at all")
    .option("--full", "longer, and all there is: for figures that count")
    .option("--write", "put tables and plots into docs/")
    .option("--rounds <n>", "how often each is measured: the median counts (default: 3)", whole)
    .option("--seconds <s>", "how long each time (default: 1; --full: 2)", positive)
    .option("--warm-up <s>", "before it counts (default: 1; --full: 1.5)", above(-1, "a number"))
    .option("--peers <names>", "which servers, with commas (default: all)", among(allPeers().map(({ name }) => name)))
    .option("--broker <kinds>", "mosquitto, embedded (default: both)", among(["mosquitto", "embedded"]))
    .option("--qos <levels>", "0, 1 (default: both)", among(["0", "1"]))
    .option(
      "--loop <kinds>",
      "closed: the next reading when one was answered; open: at a rate; cold: closed, and all devices are new (default: closed; --full: all)",
      among(LOOPS),
    ) // prettier-ignore
    .option("--rate <n>", "readings a second in the open loop", positive, 2000)
    .option("--connections <n,…>", "connections that the devices share (default: 1,100; --full: 1,100,1000)", wholes)
    .option(
      "--devices <n,…>",
      "devices in the closed loop; the largest is the many of flat (default: 100; 100000)",
      wholes,
    ) // prettier-ignore
    .option("--switch-every <n>", "readings after which a device's lamp is to switch", whole, 1)
    .option("--seed <n>", "of the day that is made up for the firmware", whole, 1)
    .option("--trace <file.csv>", 'a recorded day instead, columns "time_s,light"')
    .option("--profile <folder>", "CPU profiles of our server, for a browser's developer tools")
    .addHelpText("after", EXPLANATION);
}

interface Flags {
  quick?: boolean;
  full?: boolean;
  write?: boolean;
  rounds?: number;
  seconds?: number;
  warmUp?: number;
  peers?: string[];
  broker?: Place[];
  qos?: string[];
  loop?: Loop[];
  rate: number;
  connections?: number[];
  devices?: number[];
  switchEvery: number;
  seed: number;
  trace?: string;
  profile?: string;
}

/** What a command line that was parsed asks for. */
export function optionsOf(command: Command): Options {
  const { broker, qos, loop, quick, full, write, ...rest } = command.opts<Flags>();
  const parts = command.processedArgs[0] as (Part | "all")[];
  const length = quick ? "quick" : full ? "full" : "usual";
  return {
    ...LENGTHS[length],
    ...rest,
    length,
    parts: parts.includes("all") ? PARTS : PARTS.filter((part) => parts.includes(part)),
    places: broker ?? ["mosquitto", "embedded"],
    qos: (qos ?? ["0", "1"]).map((level) => (level === "0" ? 0 : 1)),
    loops: loop ?? (full ? LOOPS : ["closed"]),
    write: write ?? false,
  };
}
