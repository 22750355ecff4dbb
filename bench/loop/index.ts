/** Benchmarks the path from telemetry to command, for our server and for others. */
import type { Peer } from "./peers/peer.js";
import { type ScenarioResult, measureInRounds } from "./rounds.js";
import { type ScenarioOptions, createScenarios, formatCount } from "./scenarios.js";
import { formatScenarioTable } from "./table.js";
import type { Measurement } from "./measure.js";
import { MOSQUITTO_COMMAND, MOSQUITTO_INSTALL_HINT } from "./mosquitto.js";

export interface LoopOptions extends ScenarioOptions {
  readonly rounds: number;
  readonly peers: readonly Peer[];
}

export interface LoopResult {
  readonly outcomes: readonly ScenarioResult[];
  /** Servers that are not installed, each with the command that installs it. */
  readonly missing: readonly string[];
}

/** Measures all installed servers in all chosen scenarios. */
export async function measureLoop(options: LoopOptions, print: (text: string) => void): Promise<LoopResult> {
  const missing: string[] = [];
  let { brokerKinds } = options;
  if (brokerKinds.includes("mosquitto") && !MOSQUITTO_COMMAND) {
    missing.push(`Mosquitto, and all servers at it: ${MOSQUITTO_INSTALL_HINT}`);
    brokerKinds = brokerKinds.filter((brokerKind) => brokerKind !== "mosquitto");
  }
  const peers: Peer[] = [];
  for (const peer of options.peers) {
    if (!peer.brokerKinds.some((brokerKind) => brokerKinds.includes(brokerKind))) continue;
    const what = await peer.findInstallHint();
    if (what === undefined) peers.push(peer);
    else missing.push(`${peer.title}: ${what}`);
  }
  for (const what of missing) print(`Skipped (not installed): ${what}`);
  const outcomes = await measureInRounds(createScenarios({ ...options, brokerKinds }), peers, options.rounds, {
    beforeMeasurement: (done, all, scenario, peer) => print(`${done + 1}/${all} ${scenario.title}: ${peer.name}`),
    afterMeasurement: (measurement) => print(`    ${formatMeasurement(measurement)}`),
  });
  return { outcomes, missing };
}

function formatMeasurement({ problem, rate, p50, p99, serverCpu, brokerCpu, loadCpu, loadLag }: Measurement): string {
  if (problem !== undefined) return `not counted: ${problem}`;
  const late = loadLag > 0 ? ` (the load generator was late by p99 ${loadLag.toFixed(2)} ms)` : "";
  return (
    `${formatCount(Math.round(rate))} commands/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms${late}; CPU s for 100,000: ` +
    `server ${serverCpu?.toFixed(2) ?? "–"}, broker ${brokerCpu?.toFixed(2) ?? "–"}, load ${loadCpu.toFixed(2)}`
  );
}

/** Formats all results as Markdown. */
export function formatResults({ outcomes, missing }: LoopResult): string {
  const parts = outcomes.map((outcome) => `### ${outcome.scenario.title}\n\n${formatScenarioTable(outcome)}`);
  if (missing.length > 0) parts.push(`Missing: ${missing.join("; ")}.`);
  return parts.join("\n\n");
}
