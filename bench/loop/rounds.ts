/** All scenarios, all peers, in turn, round after round. */
import { measure, type Measurement } from "./measure.js";
import type { Peer } from "./peers/peer.js";
import { peersOf, type Scenario } from "./scenarios.js";

/** What the rounds gave for one peer in one scenario. */
export interface Entry {
  readonly peer: Peer;
  readonly rounds: Measurement[];
}

export interface Outcome {
  readonly scenario: Scenario;
  readonly entries: Entry[];
}

/** Told before and after each measurement; `done` of `all`. */
export interface Progress {
  before(done: number, all: number, scenario: Scenario, peer: Peer): void;
  after(measurement: Measurement): void;
}

/** The order of peers changes from round to round, so that none always has the place after the same other. */
export async function inTurn(
  scenarios: readonly Scenario[],
  peers: readonly Peer[],
  rounds: number,
  progress: Progress,
): Promise<Outcome[]> {
  const outcomes = scenarios
    .map((scenario) => ({
      scenario,
      entries: peersOf(scenario, peers).map((peer): Entry => ({ peer, rounds: [] })),
    }))
    .filter(({ entries }) => entries.length > 0);
  const all = rounds * outcomes.reduce((sum, { entries }) => sum + entries.length, 0);
  let done = 0;
  for (let round = 0; round < rounds; round++)
    for (const { scenario, entries } of outcomes)
      for (let n = 0; n < entries.length; n++) {
        const entry = entries[(n + round) % entries.length];
        progress.before(done++, all, scenario, entry.peer);
        const measurement = await measure(entry.peer, scenario.cell);
        entry.rounds.push(measurement);
        progress.after(measurement);
      }
  return outcomes;
}
