/** A test scenario for both MQTT clients, with a description of its result. */
import type { Stand, StandOptions } from "./stand.js";

export interface Scenario {
  /** The scenario's description, in the first column of the table. */
  what: string;
  options?: StandOptions;
  /** Runs the scenario and returns the table cell for one client. */
  measure(stand: Stand): Promise<string>;
}

/** Timeout for a client to handle received messages, in ms. */
export const SOON = 5000;

export const CRASH = "**the program crashes**";

/** Formats a duration in ms, such as "50 ms" or "1.5 s". */
export const after = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`);
