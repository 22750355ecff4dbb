/** Measures all servers in all scenarios, in several rounds. */
import { measurePeer, type Measurement } from "./measure.js";
import type { Peer } from "./peers/peer.js";
import { selectSupportedPeers, type Scenario } from "./scenarios.js";

/** The results of all rounds for one server in one scenario. */
export interface PeerResult {
  readonly peer: Peer;
  readonly rounds: Measurement[];
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly results: PeerResult[];
}

/**
 * Callbacks before and after each measurement. `done` is the number of finished measurements, `all` the total number.
 */
export interface ProgressCallbacks {
  beforeMeasurement(done: number, all: number, scenario: Scenario, peer: Peer): void;
  afterMeasurement(measurement: Measurement): void;
}

/** Runs all measurements. Each round starts with a different server, so that the order does not bias the results. */
export async function measureInRounds(
  scenarios: readonly Scenario[],
  peers: readonly Peer[],
  rounds: number,
  progress: ProgressCallbacks,
): Promise<ScenarioResult[]> {
  const outcomes = scenarios
    .map((scenario) => ({
      scenario,
      results: selectSupportedPeers(scenario, peers).map((peer): PeerResult => ({ peer, rounds: [] })),
    }))
    .filter(({ results }) => results.length > 0);
  const all = rounds * outcomes.reduce((sum, { results }) => sum + results.length, 0);
  let done = 0;
  for (let round = 0; round < rounds; round++)
    for (const { scenario, results } of outcomes)
      for (let n = 0; n < results.length; n++) {
        const result = results[(n + round) % results.length];
        progress.beforeMeasurement(done++, all, scenario, result.peer);
        const measurement = await measurePeer(result.peer, scenario.workload);
        result.rounds.push(measurement);
        progress.afterMeasurement(measurement);
      }
  return outcomes;
}
