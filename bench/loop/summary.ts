/** Summarizes the rounds of one server in one scenario. */
import { median, spread } from "../statistics.js";
import type { Measurement } from "./measure.js";
import type { Entry, Outcome } from "./rounds.js";

type Figure = Exclude<keyof Measurement, "problem">;

export interface Summary {
  readonly entry: Entry;
  /** Why a round failed; undefined when all rounds are valid. */
  readonly problem: string | undefined;
  /** Returns the median over the rounds; undefined when no round has the value. */
  figure(name: Figure): number | undefined;
  /** Spread of the rounds' commands per second, relative to the median. */
  readonly spread: number;
}

export function summarize(entry: Entry): Summary {
  const values = (name: Figure): number[] =>
    entry.rounds.map((round) => round[name]).filter((value) => value !== undefined);
  const failed = entry.rounds.filter(({ problem }) => problem !== undefined);
  const of = entry.rounds.length > 1 ? ` (${failed.length} of ${entry.rounds.length} rounds)` : "";
  return {
    entry,
    problem: failed.length > 0 ? `${failed[0].problem}${of}` : undefined,
    figure: (name) => median(values(name)),
    spread: spread(values("rate")),
  };
}

/** Returns the baseline for the ratios: the minimal MQTT.js or Aedes server. */
export function referenceOf({ entries }: Outcome): Entry | undefined {
  return entries.find(({ peer }) => peer.name === "mqtt" || peer.name === "aedes");
}
