/** The rounds of one peer in one scenario, put together. */
import { median, spread } from "../statistics.js";
import type { Measurement } from "./measure.js";
import type { Entry, Outcome } from "./rounds.js";

type Figure = Exclude<keyof Measurement, "problem">;

export interface Summary {
  readonly entry: Entry;
  /** Why there are no figures: some round failed. */
  readonly problem: string | undefined;
  /** The median; undefined where it is not to be had. */
  figure(name: Figure): number | undefined;
  /** Of the rounds' commands a second, in parts of the median. */
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

/** The peer by which the others are measured: the bare one of the place. */
export function referenceOf({ entries }: Outcome): Entry | undefined {
  return entries.find(({ peer }) => peer.name === "mqtt" || peer.name === "aedes");
}
