/** Formats benchmark results as Markdown tables. */
import { table } from "../table.js";
import type { ScenarioResult } from "./rounds.js";
import { formatCount } from "./scenarios.js";
import { baselineOf, summarize, type PeerSummary } from "./summary.js";

const HEAD = [
  "server",
  "commands/s",
  "± rounds",
  "p50 ms",
  "p99 ms",
  "CPU s: server",
  "broker",
  "MB: server",
  "broker",
  "commands/s, ratio",
  "CPU, ratio",
];

/** Formats one scenario's table: medians over rounds, CPU per 100,000 cycles, and ratios to the baseline server. */
export function tableOf(outcome: ScenarioResult): string {
  const baseline = baselineOf(outcome);
  const base = baseline && summarize(baseline);
  const rows = outcome.results.map((result) =>
    rowOf(
      summarize(result),
      base?.problem === undefined ? base : undefined,
      outcome.scenario.workload.rate === undefined,
    ),
  );
  return table(HEAD, rows);
}

/** Formats one server's row. @param free whether the servers determine the rate (closed loop) */
function rowOf(summary: PeerSummary, base: PeerSummary | undefined, free: boolean): string[] {
  const { result, problem, medianOf } = summary;
  if (problem !== undefined) return [result.peer.title, `not counted: ${problem}`, ...HEAD.slice(2).map(() => "")];
  const number = (value: number | undefined, digits: number): string =>
    value === undefined ? "–" : value.toFixed(digits);
  const ratio = (name: "rate" | "serverCpu"): string => {
    const [value, other] = [medianOf(name), base?.medianOf(name)];
    return value === undefined || !other ? "–" : `${(value / other).toFixed(2)}`;
  };
  return [
    result.peer.title,
    formatCount(Math.round(medianOf("rate")!)),
    `${(100 * summary.spread).toFixed(0)} %`,
    number(medianOf("p50"), 2),
    number(medianOf("p99"), 2),
    number(medianOf("serverCpu"), 2),
    number(medianOf("brokerCpu"), 2),
    number(medianOf("serverMemory"), 0),
    number(medianOf("brokerMemory"), 0),
    free ? ratio("rate") : "–",
    ratio("serverCpu"),
  ];
}
