/** Defines the faults to inject. `plan` draws all random parameters before the injection, so that a seed reproduces a run. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.js";
import { floodBroker } from "./flood.js";
import type { Proxy } from "./proxy.js";
import type { Random } from "./random.js";
import type { BrokerKind, TestSystem } from "./stand.js";

/** The component that a fault disables. Two simultaneous faults disable different components. */
export type FaultTarget = "network" | "server link" | "broker" | "server" | "board" | "none";

/** A fault that is about to be injected. */
export interface PlannedFault {
  readonly fault: string;
  readonly target: FaultTarget;
  /** A description of the fault for the log. */
  readonly text: string;
  /** Injects the fault. Resolves at the end of the fault. */
  run(stand: TestSystem): Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly target: FaultTarget;
  /** The only broker with which the fault can occur; undefined if the fault can occur with both brokers. */
  readonly broker?: BrokerKind;
  /** Draws the fault's random parameters. @param boards number of boards */
  plan(random: Random, boards: number): Pick<PlannedFault, "text" | "run">;
}

/** A fault that a proxy injects into the connection of a board or of the server. */
interface ConnectionFault {
  readonly name: string;
  /** Maximum duration, in ms; 0 for an instantaneous fault. */
  readonly maxDuration: number;
  /** Whether the fault occurs only on boards' connections. */
  readonly boardsOnly?: boolean;
  /** Draws the fault's random parameters. */
  plan(random: Random): { text?: string; inject(proxy: Proxy): void | Promise<void> };
}

const CONNECTION_FAULTS: readonly ConnectionFault[] = [
  { name: "cut (RST)", maxDuration: 0, plan: () => ({ inject: (proxy) => proxy.cut("reset") }) },
  { name: "cut (FIN)", maxDuration: 0, plan: () => ({ inject: (proxy) => proxy.cut("end") }) },
  { name: "network down", maxDuration: 8000, plan: () => ({ inject: (proxy) => proxy.refuse() }) },
  { name: "black hole", maxDuration: 8000, plan: () => ({ inject: (proxy) => proxy.discardData() }) },
  { name: "stall", maxDuration: 6000, plan: () => ({ inject: (proxy) => proxy.holdData() }) },
  {
    name: "delay",
    maxDuration: 6000,
    plan(random) {
      const [up, down] = [random.drawInteger(0, 2000), random.drawInteger(0, 2000)];
      return { text: `${up} ms up, ${down} ms down`, inject: (proxy) => proxy.delayData(up, down) };
    },
  },
  {
    name: "1-byte segments",
    maxDuration: 4000,
    boardsOnly: true,
    plan: () => ({ inject: (proxy) => proxy.splitSegments() }),
  },
  {
    name: "cut in a packet",
    maxDuration: 3000,
    plan(random) {
      const direction = random.pick(["up", "down"] as const);
      const bytes = random.drawInteger(1, 400);
      return { text: `after ${bytes} bytes ${direction}`, inject: (proxy) => proxy.cutAfter(direction, bytes) };
    },
  },
  {
    name: "garbage",
    maxDuration: 4000,
    boardsOnly: true,
    plan(random) {
      const bytes = random.drawBytes(random.drawInteger(1, 600));
      return { text: `${bytes.length} bytes`, inject: (proxy) => proxy.sendGarbage(bytes) };
    },
  },
];

async function injectForDuration(
  proxies: Proxy[],
  strike: (proxy: Proxy) => void | Promise<void>,
  lasts: number,
): Promise<void> {
  await Promise.all(proxies.map(async (proxy) => strike(proxy)));
  await sleep(lasts);
  await Promise.all(proxies.map((proxy) => proxy.heal()));
}

const drawDuration = (random: Random, longest: number): number => (longest > 0 ? random.drawInteger(500, longest) : 0);
const joinParts = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(", ");

/** Creates a fault on the connections of one board or of all boards. */
function createBoardConnectionFault({ name, maxDuration, plan }: ConnectionFault): Fault {
  return {
    name,
    target: "network",
    plan(random, boards) {
      const one = random.next() < 0.5 ? random.drawInteger(0, boards - 1) : undefined;
      const { text, inject } = plan(random);
      const lasts = drawDuration(random, maxDuration);
      return {
        text: joinParts(one === undefined ? "all boards" : `board ${one + 1}`, text, lasts ? `${lasts} ms` : ""),
        run({ stations }) {
          const struck = one === undefined ? stations : [stations[one]];
          return injectForDuration(
            struck.map(({ proxy }) => proxy),
            inject,
            lasts,
          );
        },
      };
    },
  };
}

/** Creates a fault on the connection between the server and an external broker. */
function createServerConnectionFault({ name, maxDuration, plan }: ConnectionFault): Fault {
  return {
    name: `${name}, server's link`,
    target: "server link",
    broker: "mosquitto",
    plan(random) {
      const { text, inject } = plan(random);
      const lasts = drawDuration(random, maxDuration);
      return {
        text: joinParts(text, `${lasts} ms`),
        run: ({ serverProxy }) => injectForDuration([serverProxy!], inject, lasts),
      };
    },
  };
}

async function restartServer(stand: TestSystem, off: number): Promise<void> {
  await stand.server.kill();
  await sleep(off);
  await stand.server.start();
}

/** All faults that the fault test can inject. */
export const FAULTS: readonly Fault[] = [
  ...CONNECTION_FAULTS.map(createBoardConnectionFault),
  ...CONNECTION_FAULTS.filter(({ boardsOnly }) => !boardsOnly).map(createServerConnectionFault),
  {
    name: "broker kill -9",
    target: "broker",
    broker: "mosquitto",
    plan(random) {
      const off = random.drawInteger(100, 5000);
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
    target: "broker",
    broker: "mosquitto",
    plan(random) {
      const off = random.drawInteger(100, 3000);
      return {
        text: `down ${off} ms`,
        async run({ mosquitto, ledger }) {
          await mosquitto!.kill();
          ledger.recordBrokerMemoryLoss();
          await mosquitto!.deleteData();
          await sleep(off);
          await mosquitto!.start();
        },
      };
    },
  },
  {
    name: "server kill -9",
    target: "server",
    plan(random) {
      const off = random.drawInteger(0, 4000);
      return { text: `down ${off} ms and the time to start`, run: (stand) => restartServer(stand, off) };
    },
  },
  {
    name: "server kill -9 in a burst",
    target: "server",
    plan(random) {
      const gathers = random.drawInteger(3000, 6000);
      const later = random.drawInteger(0, 120);
      return {
        text: `readings of ${gathers} ms, killed ${later} ms into them`,
        async run(stand) {
          const proxies = stand.stations.map(({ proxy }) => proxy);
          await Promise.all(proxies.map((proxy) => proxy.refuse()));
          await sleep(gathers);
          const heard = new Map(stand.ledger.lastReadingAt);
          await Promise.all(proxies.map((proxy) => proxy.heal()));
          await eventually(() => [...stand.ledger.lastReadingAt].some(([id, at]) => at !== heard.get(id)), {
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
    target: "board",
    plan(random, boards) {
      const [n, off] = [random.drawInteger(0, boards - 1), random.drawInteger(0, 2000)];
      return {
        text: `board ${n + 1}, off ${off} ms`,
        run: (stand) => stand.stations[n].cutPower(off, (ms) => sleep(ms)),
      };
    },
  },
  {
    name: "flood of foreign messages",
    target: "none",
    plan(random) {
      const [messages, chance] = [random.drawInteger(300, 900), random.fork()];
      return { text: `${messages} messages`, run: (stand) => floodBroker(stand, messages, chance) };
    },
  },
];

/**
 * Returns whether two faults may occur at the same time. A broker may only die while the server is reachable, because a
 * dying broker loses acknowledged messages that it has not delivered. The server cannot prevent that loss.
 */
export function canCoincide(a: Fault, b: Fault): boolean {
  const victims = [a.target, b.target];
  if (a.target === b.target && a.target !== "none") return false;
  return !victims.includes("broker") || !(victims.includes("server") || victims.includes("server link"));
}
