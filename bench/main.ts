/** `npm run bench [-- part … --help]` */
import { Command, InvalidArgumentError } from "commander";
import { loop, report } from "./loop/index.js";
import { allPeers } from "./loop/peers/index.js";
import type { Place } from "./loop/peers/peer.js";

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() && value > 0) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
};
const list = (text: string): string[] => text.split(",").map((item) => item.trim());
const numbers = (text: string): number[] => list(text).map(number);
function among<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) =>
    list(text).map((item) => {
      if ((allowed as readonly string[]).includes(item)) return item as T;
      throw new InvalidArgumentError(`It must be of ${allowed.join(", ")}, with commas.`);
    });
}

const names = allPeers().map(({ name }) => name);

const command = new Command("npm run bench --")
  .description("Measures the whole job, telemetry in to command out, with our server beside others in the same run.")
  .option("--rounds <n>", "how often each is measured", number, 3)
  .option("--seconds <s>", "how long each time", number, 2)
  .option("--warm-up <s>", "before it counts", number, 1)
  .option("--peers <names>", `of ${names.join(", ")}, with commas`, among(names))
  .option("--broker <kinds>", "mosquitto, embedded", among(["mosquitto", "embedded"]))
  .option("--qos <levels>", "0, 1", among(["0", "1"]))
  .option(
    "--loop <kinds>",
    "closed: the next reading when one was answered; open: at a rate; flat: 100,000 devices",
    among(["closed", "open", "flat"]),
  ) // prettier-ignore
  .option("--rate <n>", "readings a second in the open loop", number, 2000)
  .option("--connections <n,…>", "connections that the devices share", numbers)
  .option("--devices <n,…>", "in the closed loop", numbers)
  .option("--switch-every <n>", "readings after which a device's lamp is to switch", number, 1)
  .option("--profile <folder>", "CPU profiles of our server, for a browser's developer tools")
  .option("--quick", "once, half a second: whether it works at all")
  .allowExcessArguments(false)
  .parse();
interface Options {
  rounds: number;
  seconds: number;
  warmUp: number;
  peers?: string[];
  broker?: Place[];
  qos?: string[];
  loop?: string[];
  rate: number;
  connections?: number[];
  devices?: number[];
  switchEvery: number;
  profile?: string;
  quick?: boolean;
}
const options = command.opts<Options>();
const kinds = options.loop ?? ["closed"];
const outcome = await loop(
  {
    rounds: options.quick ? 1 : options.rounds,
    seconds: options.quick ? 0.5 : options.seconds,
    warmUp: options.quick ? 0.3 : options.warmUp,
    peers: allPeers(options.profile).filter(({ name }) => options.peers?.includes(name) ?? true),
    places: options.broker ?? ["mosquitto", "embedded"],
    qos: (options.qos ?? ["0", "1"]).map((level) => (level === "0" ? 0 : 1)),
    connections: options.connections,
    devices: options.devices,
    closed: kinds.includes("closed"),
    open: kinds.includes("open"),
    flat: kinds.includes("flat"),
    rate: options.rate,
    switchEvery: options.switchEvery,
  },
  (text) => console.error(text),
);
console.log(`\n${report(outcome)}`);
