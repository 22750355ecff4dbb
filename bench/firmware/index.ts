/** Compares reporting on change with reporting every 2 s: messages per day, bytes, and delay from light to lamp. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_CADENCE, LESSON_RULE, type Cadence } from "../../contract/index.js";
import { ensureFirmware } from "../../scripts/build/firmware.js";
import { loadFirmware } from "../../sim/index.js";
import { parseTrace } from "../../sim/trace.js";
import { percentileOf } from "../loop/load/latency-recorder.js";
import { median } from "../statistics.js";
import { formatTable } from "../table.js";
import { type Crossing, findCrossings, measureReactions } from "./reaction.js";
import { countMessages } from "./reporting.js";
import { formatCsv, DAY_SECONDS, generateCloudyDay } from "./trace.js";

export interface FirmwareOptions {
  /** Random seed of the generated day. */
  readonly seed: number;
  /** A CSV file to use instead of the generated day, with the columns `time_s,light`. */
  readonly recording?: string;
  /** How many threshold crossings the benchmark plays to the boards with each reporting policy. */
  readonly crossings: number;
}

interface ReportingPolicy {
  readonly title: string;
  readonly change: Partial<Cadence>;
  readonly configuration: string;
}

const REPORTING_POLICIES: readonly ReportingPolicy[] = [
  {
    title: "every 2 s (`report: interval`)",
    change: { report: "interval", interval: 2000 },
    configuration: "reporting:\n  report: interval\n  interval: 2 s\n",
  },
  { title: "when the light moves (default)", change: {}, configuration: "" },
];

/** Number of boards that share the crossings of a reporting policy. They run at the same time, because they are mostly idle. */
const BOARD_COUNT = 4;
/** Delay between the starts of two boards, in ms, so that one start does not slow down the measured start of another. */
const START_DELAY = 3000;

/** Runs the firmware benchmark. @returns tables in Markdown */
export async function measureFirmware(options: FirmwareOptions, print: (text: string) => void): Promise<string> {
  await ensureFirmware({ entry: "main" });
  const { seed, recording } = options;
  const csv = recording === undefined ? formatCsv(generateCloudyDay(seed)) : await readFile(recording, "utf8");
  const source = parseTrace(csv, recording);
  const light = Array.from({ length: DAY_SECONDS }, (_, second) => source(1000 * second));
  const all = findCrossings(light);
  if (all.length === 0)
    throw new Error(
      `The light never crosses ${LESSON_RULE.threshold} for 3 s or more, so there is nothing to measure.`,
    );
  // picks crossings that are evenly spread over the day
  const wanted = Math.min(options.crossings, all.length);
  const crossings = Array.from({ length: wanted }, (_, n) => all[Math.floor((n * all.length) / wanted)]);

  const fixed = countMessages(light, 1000, REPORTING_POLICIES[0].change);
  const rows: string[][] = [];
  for (const policy of REPORTING_POLICIES) {
    print(`firmware: ${policy.title}, ${wanted} crossings, about ${Math.ceil((wanted / BOARD_COUNT) * 7 + 35)} s`);
    const messages = countMessages(light, 1000, policy.change);
    const { times, starts, bytes } = await measureAllReactions(crossings, policy);
    const sorted = times.toSorted((a, b) => a - b);
    rows.push([
      policy.title,
      messages.toLocaleString("en"),
      `${((100 * messages) / fixed).toFixed(1)} %`,
      `${Math.round(percentileOf(sorted, 50))} ms`,
      `${Math.round(percentileOf(sorted, 99))} ms`,
      `${Math.round(median(bytes)!)} B`,
      `${(median(starts)! / 1000).toFixed(2)} s`,
    ]);
  }
  const heartbeats = Math.round((1000 * DAY_SECONDS) / DEFAULT_CADENCE.heartbeat).toLocaleString("en");
  const day = recording === undefined ? `a day with clouds that is made up, seed ${seed}` : "a recorded day";
  return [
    formatTable(
      ["policy", "messages a day", "of the fixed", "light to lamp, p50", "p99", "on the wire, a reading", "start"],
      rows,
    ),
    `Over ${day}: the light crosses the threshold ${countCrossings(light)} times, ${all.length} times of them for 3 s or more, of ` +
      `which ${wanted} were played. Heartbeats alone are ${heartbeats} messages. The bytecode has ` +
      `${loadFirmware().bytecode.length.toLocaleString("en")} bytes of 64 KB.`,
  ].join("\n\n");
}

function countCrossings(light: readonly number[]): number {
  const isDark = (value: number): boolean => value < LESSON_RULE.threshold;
  return light.filter((value, n) => n > 0 && isDark(value) !== isDark(light[n - 1])).length;
}

interface Reactions {
  readonly times: number[];
  readonly starts: number[];
  readonly bytes: number[];
}

async function measureAllReactions(
  crossings: readonly Crossing[],
  { configuration }: ReportingPolicy,
): Promise<Reactions> {
  const shares = Array.from({ length: Math.min(BOARD_COUNT, crossings.length) }, (_, board) =>
    crossings.filter((_, n) => n % BOARD_COUNT === board),
  );
  const all = await Promise.all(
    shares.map(async (share, board) => {
      await sleep(board * START_DELAY);
      return measureReactions(share, configuration);
    }),
  );
  return {
    times: all.flatMap(({ times }) => times),
    starts: all.map(({ start }) => start),
    bytes: all.map(({ bytes }) => bytes),
  };
}
