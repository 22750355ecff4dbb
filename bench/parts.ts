/** The parts of `npm run bench`: how to run each one, and which page of the docs shows its results. */
import { measureDashboard } from "./dashboard/index.js";
import { measureFirmware } from "./firmware/index.js";
import { measureScaling } from "./flat/index.js";
import { measureHistory } from "./history/index.js";
import { measureLoop, formatResults } from "./loop/index.js";
import { listPeers } from "./loop/peers/index.js";
import { plotResults } from "./loop/plot.js";
import { compareClients } from "./mqtt/index.js";
import type { BenchmarkOptions, BenchmarkPart } from "./options.js";

export type PrintFunction = (text: string) => void;

export interface PartResult {
  /** The tables, as Markdown. */
  readonly text: string;
  /** SVG plots by file name in `docs/`. */
  readonly plots?: Readonly<Record<string, string | undefined>>;
}

interface PartDefinition {
  /** The page that shows the results, as a path from `docs/`. */
  readonly page: string;
  run(options: BenchmarkOptions, print: PrintFunction): Promise<PartResult>;
}

const BENCHMARKS_PAGE = "internals/benchmarks.md";

export const PART_DEFINITIONS: Readonly<Record<BenchmarkPart, PartDefinition>> = {
  loop: {
    page: BENCHMARKS_PAGE,
    async run(options, print) {
      const { length, loops, peers, profile, connections } = options;
      const outcome = await measureLoop(
        {
          ...options,
          connections: connections ?? (length === "quick" ? [100] : undefined),
          many: length === "full",
          closed: loops.includes("closed"),
          open: loops.includes("open"),
          cold: loops.includes("cold"),
          peers: listPeers(profile).filter(({ name }) => peers?.includes(name) ?? true),
        },
        print,
      );
      return {
        text: formatResults(outcome),
        plots: {
          "images/bench-mosquitto.svg": plotResults(outcome.outcomes, "mosquitto"),
          "images/bench-embedded.svg": plotResults(outcome.outcomes, "embedded"),
        },
      };
    },
  },
  flat: {
    page: BENCHMARKS_PAGE,
    async run({ length, devices, ...options }, print) {
      const many = Math.max(...(devices ?? [length === "quick" ? 1000 : 100_000]));
      return { text: await measureScaling({ ...options, devices: many }, print) };
    },
  },
  firmware: {
    page: BENCHMARKS_PAGE,
    async run({ length, seed, trace }, print) {
      const crossings = { quick: 4, usual: 20, full: 40 }[length];
      return { text: await measureFirmware({ seed, recording: trace, crossings }, print) };
    },
  },
  dashboard: {
    page: BENCHMARKS_PAGE,
    run: async ({ length, rounds }, print) => ({
      text: await measureDashboard({ boards: length === "quick" ? 50 : 500, rounds }, print),
    }),
  },
  history: {
    page: BENCHMARKS_PAGE,
    async run({ length }, print) {
      const days = { quick: 1, usual: 7, full: 30 }[length];
      return { text: await measureHistory({ boards: length === "quick" ? 2 : 20, days }, print) };
    },
  },
  mqtt: {
    page: "../packages/devicescript-mqtt/README.md",
    run: async (_options, print) => ({ text: await compareClients(print) }),
  },
};
