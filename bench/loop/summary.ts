/** Summarizes the rounds of one server in one scenario. */
import { median, relativeSpreadOf } from "../statistics.js";
import type { Measurement } from "./measure.js";
import type { PeerResult, ScenarioResult } from "./rounds.js";

type Metric = Exclude<keyof Measurement, "problem">;

export interface PeerSummary {
  readonly result: PeerResult;
  /** Why a round failed; undefined when all rounds are valid. */
  readonly problem: string | undefined;
  /** Returns the median of a metric over the rounds; undefined when no round has a value of this metric. */
  medianOf(name: Metric): number | undefined;
  /** Relative spread of the rounds' commands per second: half the range, divided by the median. */
  readonly spread: number;
}

export function summarize(result: PeerResult): PeerSummary {
  const valuesOf = (name: Metric): number[] =>
    result.rounds.map((round) => round[name]).filter((value) => value !== undefined);
  const failed = result.rounds.filter(({ problem }) => problem !== undefined);
  const of = result.rounds.length > 1 ? ` (${failed.length} of ${result.rounds.length} rounds)` : "";
  return {
    result,
    problem: failed.length > 0 ? `${failed[0].problem}${of}` : undefined,
    medianOf: (name) => median(valuesOf(name)),
    spread: relativeSpreadOf(valuesOf("rate")),
  };
}

/** Returns the baseline for the ratios: the minimal MQTT.js or Aedes server. */
export function baselineOf({ results }: ScenarioResult): PeerResult | undefined {
  return results.find(({ peer }) => peer.name === "mqtt" || peer.name === "aedes");
}
