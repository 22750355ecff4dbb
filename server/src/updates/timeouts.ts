import type { UpdateState } from "../devices/update-view.js";

/** How long the steps of an update may take before the update fails, in ms. Tests use shorter times. */
export interface UpdateTimeouts {
  /** From the request of a rollout until the board is online. Other updates wait without a limit. */
  readonly waiting: number;
  /** From the request until the board replies. */
  readonly reply: number;
  /** From the reply until the update adapter of the board connects. */
  readonly handover: number;
  /** From the end of a connection until the adapter connects again, while the program is incomplete. */
  readonly interruption: number;
  /** From the complete program until the board reports the new version. */
  readonly restart: number;
  /**
   * How long the starts of a board count after it has reported the new version; and how long it must run without another
   * start until a crash loop is over.
   */
  readonly observation: number;
  /** From the start of the server until a rollout of an earlier run continues, so that boards can connect first. */
  readonly reconnection: number;
}

export const DEFAULT_UPDATE_TIMEOUTS: UpdateTimeouts = {
  waiting: 300_000,
  reply: 60_000,
  handover: 120_000,
  interruption: 300_000,
  restart: 90_000,
  observation: 120_000,
  reconnection: 20_000,
};

/** Returns how long an update may stay in a state, in ms; undefined without a limit. */
export function timeoutOf(state: UpdateState, timeouts: UpdateTimeouts): number | undefined {
  if (state === "handing-over") return timeouts.handover;
  if (state === "writing") return timeouts.interruption;
  return state === "restarting" ? timeouts.restart : undefined;
}
