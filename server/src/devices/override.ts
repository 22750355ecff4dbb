import type { Override as Message } from "../../../contract/index.js";

/** What a person wants from a lamp: `on`, `off`, or `auto` for the rule. */
export type Mode = Message["mode"];

/** A person's choice for a lamp or a zone, which takes precedence over the rule. */
export interface Override {
  readonly mode: Mode;
  /**
   * When the override ends, by the server's monotonic clock; undefined if the override lasts until somebody changes it.
   */
  readonly until: number | undefined;
  /** Original length of the override, in ms; undefined if the override has no end. */
  readonly duration?: number;
}

/** No override: the rule decides. */
export const NO_OVERRIDE: Override = { mode: "auto", until: undefined };

/**
 * Creates an override that starts now.
 * @param duration in ms; undefined if the override lasts until somebody changes it
 */
export function createOverride(mode: Mode, duration: number | undefined, now: number): Override {
  if (mode === "auto") return NO_OVERRIDE;
  return duration === undefined ? { mode, until: undefined } : { mode, until: now + duration, duration };
}

/** Returns the override, or `NO_OVERRIDE` if it has ended. */
export function toCurrentOverride(override: Override, now: number): Override {
  return override.until !== undefined && override.until <= now ? NO_OVERRIDE : override;
}
