/** The faults to inject: effect, target and duration. Planning a fault draws all its random numbers. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.js";
import { flood } from "./flood.js";
import type { Proxy } from "./proxy.js";
import type { Random } from "./random.js";
import type { BrokerKind, Stand } from "./stand.js";

/** The component that a fault disables. Two simultaneous faults disable different components. */
export type Victim = "network" | "server link" | "broker" | "server" | "board" | "none";

/** A fault that is about to be injected. */
export interface Plan {
  readonly fault: string;
  readonly victim: Victim;
  /** A description of the fault for the log. */
  readonly text: string;
  /** Injects the fault. Resolves at the end of the fault. */
  run(stand: Stand): Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly victim: Victim;
  /** The only broker with which the fault can occur; undefined for both. */
  readonly broker?: BrokerKind;
  /** Draws the fault's random parameters. @param boards number of boards */
  plan(random: Random, boards: number): Pick<Plan, "text" | "run">;
}

/** A fault of a connection. */
interface Strike {
  readonly name: string;
  /** Maximum duration, in ms; 0 for an instantaneous fault. */
  readonly longest: number;
  /** Whether the fault occurs only on boards' connections. */
  readonly boardsOnly?: boolean;
  /** Draws the fault's random parameters. */
  plan(random: Random): { text?: string; strike(proxy: Proxy): void | Promise<void> };
}

const STRIKES: readonly Strike[] = [
  { name: "cut (RST)", longest: 0, plan: () => ({ strike: (proxy) => proxy.cut("reset") }) },
  { name: "cut (FIN)", longest: 0, plan: () => ({ strike: (proxy) => proxy.cut("end") }) },
  { name: "network down", longest: 8000, plan: () => ({ strike: (proxy) => proxy.refuse() }) },
  { name: "black hole", longest: 8000, plan: () => ({ strike: (proxy) => proxy.blackHole() }) },
  { name: "stall", longest: 6000, plan: () => ({ strike: (proxy) => proxy.stall() }) },
  {
    name: "delay",
    longest: 6000,
    plan(random) {
      const [up, down] = [random.int(0, 2000), random.int(0, 2000)];
      return { text: `${up} ms up, ${down} ms down`, strike: (proxy) => proxy.delay(up, down) };
    },
  },
  { name: "1-byte segments", longest: 4000, boardsOnly: true, plan: () => ({ strike: (proxy) => proxy.split() }) },
  {
    name: "cut in a packet",
    longest: 3000,
    plan(random) {
      const direction = random.pick(["up", "down"] as const);
      const bytes = random.int(1, 400);
      return { text: `after ${bytes} bytes ${direction}`, strike: (proxy) => proxy.cutAfter(direction, bytes) };
    },
  },
  {
    name: "garbage",
    longest: 4000,
    boardsOnly: true,
    plan(random) {
      const bytes = random.bytes(random.int(1, 600));
      return { text: `${bytes.length} bytes`, strike: (proxy) => proxy.garbage(bytes) };
    },
  },
];

async function during(proxies: Proxy[], strike: (proxy: Proxy) => void | Promise<void>, lasts: number): Promise<void> {
  await Promise.all(proxies.map(async (proxy) => strike(proxy)));
  await sleep(lasts);
  await Promise.all(proxies.map((proxy) => proxy.heal()));
}

const lasting = (random: Random, longest: number): number => (longest > 0 ? random.int(500, longest) : 0);
const sentence = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(", ");

/** Creates a fault on the connections of one board or of all boards. */
function toBoards({ name, longest, plan }: Strike): Fault {
  return {
    name,
    victim: "network",
    plan(random, boards) {
      const one = random.next() < 0.5 ? random.int(0, boards - 1) : undefined;
      const { text, strike } = plan(random);
      const lasts = lasting(random, longest);
      return {
        text: sentence(one === undefined ? "all boards" : `board ${one + 1}`, text, lasts ? `${lasts} ms` : ""),
        run({ stations }) {
          const struck = one === undefined ? stations : [stations[one]];
          return during(
            struck.map(({ proxy }) => proxy),
            strike,
            lasts,
          );
        },
      };
    },
  };
}

/** Creates a fault on the connection between the server and an external broker. */
function toServer({ name, longest, plan }: Strike): Fault {
  return {
    name: `${name}, server's link`,
    victim: "server link",
    broker: "mosquitto",
    plan(random) {
      const { text, strike } = plan(random);
      const lasts = lasting(random, longest);
      return {
        text: sentence(text, `${lasts} ms`),
        run: ({ serverProxy }) => during([serverProxy!], strike, lasts),
      };
    },
  };
}

async function restartServer(stand: Stand, off: number): Promise<void> {
  await stand.server.kill();
  await sleep(off);
  await stand.server.start();
}

/** All faults. */
export const FAULTS: readonly Fault[] = [
  ...STRIKES.map(toBoards),
  ...STRIKES.filter(({ boardsOnly }) => !boardsOnly).map(toServer),
  {
    name: "broker kill -9",
    victim: "broker",
    broker: "mosquitto",
    plan(random) {
      const off = random.int(100, 5000);
      return {
        text: `down ${off} ms`,
        async run({ mosquitto }) {
          await mosquitto!.kill();
          await sleep(off);
          await mosquitto!.start();
        },
      };
    },
  },
  {
    name: "broker kill -9, memory lost",
    victim: "broker",
    broker: "mosquitto",
    plan(random) {
      const off = random.int(100, 3000);
      return {
        text: `down ${off} ms`,
        async run({ mosquitto, ledger }) {
          await mosquitto!.kill();
          ledger.forgotten();
          await mosquitto!.forget();
          await sleep(off);
          await mosquitto!.start();
        },
      };
    },
  },
  {
    name: "server kill -9",
    victim: "server",
    plan(random) {
      const off = random.int(0, 4000);
      return { text: `down ${off} ms and the time to start`, run: (stand) => restartServer(stand, off) };
    },
  },
  {
    name: "server kill -9 in a burst",
    victim: "server",
    plan(random) {
      const gathers = random.int(3000, 6000);
      const later = random.int(0, 120);
      return {
        text: `readings of ${gathers} ms, killed ${later} ms into them`,
        async run(stand) {
          const proxies = stand.stations.map(({ proxy }) => proxy);
          await Promise.all(proxies.map((proxy) => proxy.refuse()));
          await sleep(gathers);
          const heard = new Map(stand.ledger.lastHeard);
          await Promise.all(proxies.map((proxy) => proxy.heal()));
          await eventually(() => [...stand.ledger.lastHeard].some(([id, at]) => at !== heard.get(id)), {
            within: 10_000,
            what: "the first reading of the burst",
          });
          await sleep(later);
          await restartServer(stand, 0);
        },
      };
    },
  },
  {
    name: "board power cut",
    victim: "board",
    plan(random, boards) {
      const [n, off] = [random.int(0, boards - 1), random.int(0, 2000)];
      return {
        text: `board ${n + 1}, off ${off} ms`,
        run: (stand) => stand.stations[n].powerCut(off, (ms) => sleep(ms)),
      };
    },
  },
  {
    name: "flood of foreign messages",
    victim: "none",
    plan(random) {
      const [messages, chance] = [random.int(300, 900), random.fork()];
      return { text: `${messages} messages`, run: (stand) => flood(stand, messages, chance) };
    },
  },
];

/**
 * Returns whether two faults may occur at the same time. A broker may only die while the server is reachable, because a
 * dying broker loses acknowledged messages that it has not delivered. The server cannot prevent that loss.
 */
export function together(a: Fault, b: Fault): boolean {
  const victims = [a.victim, b.victim];
  if (a.victim === b.victim && a.victim !== "none") return false;
  return !victims.includes("broker") || !(victims.includes("server") || victims.includes("server link"));
}
