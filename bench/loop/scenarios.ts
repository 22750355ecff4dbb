/** The benchmark's scenarios. Each runs with all servers that support its broker. */
import type { Cell } from "./measure.js";
import type { Peer, Place } from "./peers/peer.js";

export interface Scenario {
  readonly cell: Cell;
  readonly title: string;
}

/** The user's choice of scenarios and durations. */
export interface Choice {
  readonly places: readonly Place[];
  readonly qos: readonly (0 | 1)[];
  /** Numbers of connections; undefined for the default ones. */
  readonly connections?: readonly number[];
  readonly devices?: readonly number[];
  /** Whether the default numbers of connections include 1,000. */
  readonly many: boolean;
  /** Whether to measure the closed loop: each answer triggers the next reading. */
  readonly closed: boolean;
  /** Whether to measure the open loop: readings at a fixed rate. */
  readonly open: boolean;
  /** Whether to measure the first seconds with new devices. */
  readonly cold: boolean;
  /** Readings per second in the open loop. */
  readonly rate: number;
  readonly switchEvery: number;
  readonly warmUp: number;
  readonly warmUpCycles: number;
  readonly seconds: number;
}

/** Cold scenarios: numbers of new devices and of connections. */
const NEW = [
  [10_000, 100],
  [1000, 1000],
] as const;

/** Measurement window of a cold scenario, in s. */
const FIRST_SECONDS = 3;

/** Minimum number of unanswered readings in the closed loop; at least one per connection. */
const OUTSTANDING = 100;

export const thousands = (value: number): string => value.toLocaleString("en");

export function scenarios(choice: Choice): Scenario[] {
  const all: Cell[] = [];
  for (const place of choice.places)
    for (const qos of choice.qos) {
      const cell = (devices: number, connections: number, rate?: number): Cell => {
        const { switchEvery, warmUp, warmUpCycles, seconds } = choice;
        const outstanding = Math.max(OUTSTANDING, connections);
        return { place, qos, devices, connections, rate, outstanding, switchEvery, warmUp, warmUpCycles, seconds };
      };
      const connections =
        choice.connections ?? (place === "mosquitto" ? [100] : choice.many ? [1, 100, 1000] : [1, 100]);
      if (choice.closed)
        for (const count of connections)
          for (const devices of choice.devices ?? [Math.max(100, count)])
            if (devices >= count) all.push(cell(devices, count));
      if (choice.cold)
        for (const [devices, connections] of NEW)
          all.push({ ...cell(devices, connections), cold: true, seconds: FIRST_SECONDS });
      // an open loop at QoS 0 shows nothing beyond QoS 1 when all servers keep up with the rate
      if (choice.open && (qos === 1 || choice.qos.length === 1)) all.push(cell(1000, 100, choice.rate));
    }
  return all.map((cell) => ({ cell, title: titleOf(cell) }));
}

function titleOf({ place, qos, devices, connections, rate, cold, seconds }: Cell): string {
  const where = place === "mosquitto" ? "Mosquitto" : "embedded broker";
  const loop = rate === undefined ? "closed loop" : `open loop at ${thousands(rate)} readings/s`;
  const how = cold ? `the first ${seconds} s` : loop;
  return `${where}, QoS ${qos}, ${how}, ${thousands(devices)} ${cold ? "new " : ""}devices on ${thousands(connections)} connection${connections === 1 ? "" : "s"}`;
}

/** Returns the servers that support the scenario's broker. */
export function peersOf({ cell }: Scenario, peers: readonly Peer[]): Peer[] {
  return peers.filter(({ places }) => places.includes(cell.place));
}
