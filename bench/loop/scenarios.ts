/** The benchmark's scenarios. Each runs with all servers that support its broker. */
import type { Workload } from "./measure.js";
import type { Peer, BrokerKind } from "./peers/peer.js";

export interface Scenario {
  readonly workload: Workload;
  readonly title: string;
}

/** The user's choice of scenarios and durations. */
export interface ScenarioOptions {
  readonly brokerKinds: readonly BrokerKind[];
  readonly qos: readonly (0 | 1)[];
  /** Connection counts to measure, one scenario each; undefined for the default counts. */
  readonly connections?: readonly number[];
  readonly devices?: readonly number[];
  /** Whether the default connection counts include 1,000. */
  readonly many: boolean;
  /** Whether to measure the closed loop: each answer triggers the next reading. */
  readonly closed: boolean;
  /** Whether to measure the open loop: readings at a fixed rate. */
  readonly open: boolean;
  /** Whether to measure the first seconds of a cold start, in which all devices are new to the server. */
  readonly cold: boolean;
  /** Number of readings per second in the open loop. */
  readonly rate: number;
  readonly switchEvery: number;
  readonly warmUp: number;
  readonly warmUpCycles: number;
  readonly seconds: number;
}

/** Number of devices and of connections in each cold scenario, in which all devices are new to the server. */
const COLD_SCENARIOS = [
  [10_000, 100],
  [1000, 1000],
] as const;

/** Measurement window of a cold scenario, in s. */
const COLD_WINDOW_SECONDS = 3;

/**
 * Minimum number of unanswered readings in the closed loop. With more connections than this number, the closed loop
 * keeps one unanswered reading per connection.
 */
const MIN_OUTSTANDING = 100;

export const formatCount = (value: number): string => value.toLocaleString("en");

export function createScenarios(choice: ScenarioOptions): Scenario[] {
  const all: Workload[] = [];
  for (const brokerKind of choice.brokerKinds)
    for (const qos of choice.qos) {
      const createWorkload = (devices: number, connections: number, rate?: number): Workload => {
        const { switchEvery, warmUp, warmUpCycles, seconds } = choice;
        const outstanding = Math.max(MIN_OUTSTANDING, connections);
        return { brokerKind, qos, devices, connections, rate, outstanding, switchEvery, warmUp, warmUpCycles, seconds };
      };
      const connections =
        choice.connections ?? (brokerKind === "mosquitto" ? [100] : choice.many ? [1, 100, 1000] : [1, 100]);
      if (choice.closed)
        for (const count of connections)
          for (const devices of choice.devices ?? [Math.max(100, count)])
            if (devices >= count) all.push(createWorkload(devices, count));
      if (choice.cold)
        for (const [devices, connections] of COLD_SCENARIOS)
          all.push({ ...createWorkload(devices, connections), cold: true, seconds: COLD_WINDOW_SECONDS });
      // skips the open loop at QoS 0 when QoS 1 is measured too: both give the same result when all servers keep up
      if (choice.open && (qos === 1 || choice.qos.length === 1)) all.push(createWorkload(1000, 100, choice.rate));
    }
  return all.map((workload) => ({ workload, title: titleOf(workload) }));
}

function titleOf({ brokerKind, qos, devices, connections, rate, cold, seconds }: Workload): string {
  const where = brokerKind === "mosquitto" ? "Mosquitto" : "embedded broker";
  const loop = rate === undefined ? "closed loop" : `open loop at ${formatCount(rate)} readings/s`;
  const how = cold ? `the first ${seconds} s` : loop;
  return `${where}, QoS ${qos}, ${how}, ${formatCount(devices)} ${cold ? "new " : ""}devices on ${formatCount(connections)} connection${connections === 1 ? "" : "s"}`;
}

/** Returns the servers that support the scenario's broker. */
export function selectSupportedPeers({ workload }: Scenario, peers: readonly Peer[]): Peer[] {
  return peers.filter(({ brokerKinds }) => brokerKinds.includes(workload.brokerKind));
}
