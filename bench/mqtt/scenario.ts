/** Something that is done to both clients, and how the outcome is put into words. */
import type { Stand, StandOptions } from "./stand.js";

export interface Scenario {
  /** The first cell of a row. */
  what: string;
  options?: StandOptions;
  /** Gives the cell of one client. */
  measure(stand: Stand): Promise<string>;
}

/** How long a client is given to handle what has arrived, in ms. */
export const SOON = 5000;

export const CRASH = "**the program crashes**";

/** A time in ms, for people. */
export const after = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`);
