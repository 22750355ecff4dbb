/** A test scenario for both MQTT clients, with a description of its result. */
import type { ClientFixture, ClientFixtureOptions } from "./fixture.js";

export interface ClientScenario {
  /** The scenario's description, in the first column of the table. */
  title: string;
  options?: ClientFixtureOptions;
  /** Runs the scenario and returns the table cell for one client. */
  measure(fixture: ClientFixture): Promise<string>;
}

/** Timeout for a client to handle received messages, in ms. */
export const HANDLE_TIMEOUT = 5000;

export const CRASH_RESULT = "**the program crashes**";

/** Formats a duration in ms, such as "50 ms" or "1.5 s". */
export const formatDuration = (ms: number) =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
