/** Plots the main results of the benchmark. */
import { type BarGroup, bars } from "../bars.js";
import type { Cell } from "./measure.js";
import type { Place } from "./peers/peer.js";
import type { Outcome } from "./rounds.js";
import { summarize } from "./summary.js";

/** Plots CPU time of servers on Mosquitto, or commands per second with an embedded broker; undefined without results. */
export function plotOf(outcomes: readonly Outcome[], place: Place): string | undefined {
  const isShown = ({ rate, cold }: Cell): boolean => rate === undefined && !cold;
  const shown = outcomes.filter(({ scenario: { cell } }) => cell.place === place && isShown(cell));
  if (shown.length === 0) return undefined;
  const figure = place === "mosquitto" ? "serverCpu" : "rate";
  const groups = shown.map(({ scenario: { cell }, entries }): BarGroup => {
    const on = `${cell.connections.toLocaleString("en")} connection${cell.connections === 1 ? "" : "s"}`;
    return {
      label: `QoS ${cell.qos}, ${cell.devices.toLocaleString("en")} devices on ${on}`,
      bars: entries.map((entry) => {
        const summary = summarize(entry);
        const label = entry.peer.title.replaceAll("`", "");
        const value = summary.problem === undefined ? summary.figure(figure) : undefined;
        return { label, value, marked: entry.peer.name.startsWith("ours") };
      }),
    };
  });
  return place === "mosquitto"
    ? bars("CPU seconds of the server for 100,000 readings answered, at Mosquitto: less is better", 2, groups)
    : bars("Commands a second, broker and server in one process: more is better", 0, groups);
}
