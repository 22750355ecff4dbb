/** Formats benchmark results as Markdown tables. */
import { formatTable } from "../table.js";
import type { ScenarioResult } from "./rounds.js";
import { formatCount } from "./scenarios.js";
import { baselineOf, summarize, type PeerSummary } from "./summary.js";

const TABLE_HEAD = [
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
export function formatScenarioTable(outcome: ScenarioResult): string {
  const baseline = baselineOf(outcome);
  const base = baseline && summarize(baseline);
  const rows = outcome.results.map((result) =>
    formatPeerRow(
      summarize(result),
      base?.problem === undefined ? base : undefined,
      outcome.scenario.workload.rate === undefined,
    ),
  );
  return formatTable(TABLE_HEAD, rows);
}

/** Formats one server's row. @param free whether the servers determine the rate (closed loop) */
function formatPeerRow(summary: PeerSummary, base: PeerSummary | undefined, free: boolean): string[] {
  const { result, problem, medianOf } = summary;
  if (problem !== undefined)
    return [result.peer.title, `not counted: ${problem}`, ...TABLE_HEAD.slice(2).map(() => "")];
  const formatNumber = (value: number | undefined, digits: number): string =>
    value === undefined ? "–" : value.toFixed(digits);
  const formatRatio = (name: "rate" | "serverCpu"): string => {
    const [value, other] = [medianOf(name), base?.medianOf(name)];
    return value === undefined || !other ? "–" : `${(value / other).toFixed(2)}`;
  };
  return [
    result.peer.title,
    formatCount(Math.round(medianOf("rate")!)),
    `${(100 * summary.spread).toFixed(0)} %`,
    formatNumber(medianOf("p50"), 2),
    formatNumber(medianOf("p99"), 2),
    formatNumber(medianOf("serverCpu"), 2),
    formatNumber(medianOf("brokerCpu"), 2),
    formatNumber(medianOf("serverMemory"), 0),
    formatNumber(medianOf("brokerMemory"), 0),
    free ? formatRatio("rate") : "–",
    formatRatio("serverCpu"),
  ];
}
