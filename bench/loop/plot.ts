/** Plots the main results of the benchmark. */
import { type BarGroup, drawBarChart } from "../bars.js";
import type { Workload } from "./measure.js";
import type { BrokerKind } from "./peers/peer.js";
import type { ScenarioResult } from "./rounds.js";
import { summarize } from "./summary.js";

/** Plots CPU time of servers on Mosquitto, or commands per second with an embedded broker; undefined without results. */
export function plotResults(outcomes: readonly ScenarioResult[], brokerKind: BrokerKind): string | undefined {
  const isPlotted = ({ rate, cold }: Workload): boolean => rate === undefined && !cold;
  const shown = outcomes.filter(
    ({ scenario: { workload } }) => workload.brokerKind === brokerKind && isPlotted(workload),
  );
  if (shown.length === 0) return undefined;
  const figure = brokerKind === "mosquitto" ? "serverCpu" : "rate";
  const groups = shown.map(({ scenario: { workload }, results }): BarGroup => {
    const on = `${workload.connections.toLocaleString("en")} connection${workload.connections === 1 ? "" : "s"}`;
    return {
      label: `QoS ${workload.qos}, ${workload.devices.toLocaleString("en")} devices on ${on}`,
      bars: results.map((result) => {
        const summary = summarize(result);
        const label = result.peer.title.replaceAll("`", "");
        const value = summary.problem === undefined ? summary.medianOf(figure) : undefined;
        return { label, value, highlighted: result.peer.name.startsWith("ours") };
      }),
    };
  });
  return brokerKind === "mosquitto"
    ? drawBarChart("CPU seconds of the server for 100,000 readings answered, at Mosquitto: less is better", 2, groups)
    : drawBarChart("Commands a second, broker and server in one process: more is better", 0, groups);
}
