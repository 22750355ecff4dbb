/** Formats benchmark results as Markdown tables. */
import { table } from "../table.js";
import type { Outcome } from "./rounds.js";
import { thousands } from "./scenarios.js";
import { referenceOf, summarize, type Summary } from "./summary.js";

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
export function tableOf(outcome: Outcome): string {
  const reference = referenceOf(outcome);
  const base = reference && summarize(reference);
  const rows = outcome.entries.map((entry) =>
    rowOf(summarize(entry), base?.problem === undefined ? base : undefined, outcome.scenario.cell.rate === undefined),
  );
  return table(HEAD, rows);
}

/** Formats one server's row. @param free whether the servers determine the rate (closed loop) */
function rowOf(summary: Summary, base: Summary | undefined, free: boolean): string[] {
  const { entry, problem, figure } = summary;
  if (problem !== undefined) return [entry.peer.title, `not counted: ${problem}`, ...HEAD.slice(2).map(() => "")];
  const number = (value: number | undefined, digits: number): string =>
    value === undefined ? "–" : value.toFixed(digits);
  const ratio = (name: "rate" | "serverCpu"): string => {
    const [value, other] = [figure(name), base?.figure(name)];
    return value === undefined || !other ? "–" : `${(value / other).toFixed(2)}`;
  };
  return [
    entry.peer.title,
    thousands(Math.round(figure("rate")!)),
    `${(100 * summary.spread).toFixed(0)} %`,
    number(figure("p50"), 2),
    number(figure("p99"), 2),
    number(figure("serverCpu"), 2),
    number(figure("brokerCpu"), 2),
    number(figure("serverMemory"), 0),
    number(figure("brokerMemory"), 0),
    free ? ratio("rate") : "–",
    ratio("serverCpu"),
  ];
}
