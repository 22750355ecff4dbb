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
  readonly closed: boolean;
  readonly open: boolean;
  /** Whether 100,000 devices are held against 100. */
  readonly flat: boolean;
  /** Readings a second in the open loop. */
  readonly rate: number;
  readonly switchEvery: number;
  readonly warmUp: number;
  readonly seconds: number;
}

/** Readings on their way at once in the closed loop, unless there are more connections. */
const OUTSTANDING = 100;
const MANY = 100_000;

export const thousands = (value: number): string => value.toLocaleString("en");

export function scenarios(choice: Choice): Scenario[] {
  const all: Cell[] = [];
  for (const place of choice.places)
    for (const qos of choice.qos) {
      const cell = (devices: number, connections: number, rate?: number): Cell => {
        const { switchEvery, warmUp, seconds } = choice;
        const outstanding = Math.max(OUTSTANDING, connections);
        return { place, qos, devices, connections, rate, outstanding, switchEvery, warmUp, seconds };
      };
      const connections = choice.connections ?? (place === "embedded" ? [1, 100, 1000] : [100]);
      if (choice.closed)
        for (const count of connections)
          for (const devices of choice.devices ?? [Math.max(100, count)])
            if (devices >= count) all.push(cell(devices, count));
      if (choice.flat) all.push(cell(MANY, 100));
      if (choice.open) all.push(cell(1000, 100, choice.rate));
    }
  return all.map((cell) => ({ cell, title: titleOf(cell) }));
}

function titleOf({ place, qos, devices, connections, rate }: Cell): string {
  const where = place === "mosquitto" ? "Mosquitto" : "embedded broker";
  const how = rate === undefined ? "closed loop" : `open loop at ${thousands(rate)} readings/s`;
  return `${where}, QoS ${qos}, ${how}, ${thousands(devices)} devices on ${thousands(connections)} connection${connections === 1 ? "" : "s"}`;
}

/** Who takes part: with many devices only ours is of interest, and starting the others would take long. */
export function peersOf({ cell }: Scenario, peers: readonly Peer[]): Peer[] {
  const here = peers.filter(({ places }) => places.includes(cell.place));
  return cell.devices >= MANY ? here.filter(({ name }) => name.startsWith("ours")) : here;
}
