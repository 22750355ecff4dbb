/** What is measured: each scenario is done to all peers of its place. */
import type { Cell } from "./measure.js";
import type { Peer, Place } from "./peers/peer.js";

export interface Scenario {
  readonly cell: Cell;
  readonly title: string;
}

/** What of it is asked for, and how long. */
export interface Choice {
  readonly places: readonly Place[];
  readonly qos: readonly (0 | 1)[];
  /** Undefined: those that show most. */
  readonly connections?: readonly number[];
  readonly devices?: readonly number[];
  /** Whether connections go up to 1,000. */
  readonly many: boolean;
  readonly closed: boolean;
  readonly open: boolean;
  /** The first seconds with devices that are new. */
  readonly cold: boolean;
  /** Readings a second in the open loop. */
  readonly rate: number;
  readonly switchEvery: number;
  readonly warmUp: number;
  readonly warmUpCycles: number;
  readonly seconds: number;
}

/** Cold scenarios: how many new devices report, and on how many connections. */
const NEW = [
  [10_000, 100],
  [1000, 1000],
] as const;

/** How long a cold scenario is measured, in s. */
const FIRST_SECONDS = 3;

/** Readings on their way at once in the closed loop, unless there are more connections. */
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
      // at QoS 0 and a rate that all keep up with there is nothing to be seen that QoS 1 does not show
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

/** Who takes part: whoever can work there. */
export function peersOf({ cell }: Scenario, peers: readonly Peer[]): Peer[] {
  return peers.filter(({ places }) => places.includes(cell.place));
}
