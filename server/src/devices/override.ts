import type { Override as Message } from "../../../contract/index.js";

/** What a person wants of a lamp. */
export type Mode = Message["mode"];

/** A person's wish, and until when it holds. */
export interface Override {
  readonly mode: Mode;
  /** By the server's monotonic clock; undefined when it lasts. */
  readonly until: number | undefined;
  /** How long the person wanted it, in ms; not there when it lasts, or when an earlier version stored it. */
  readonly duration?: number;
}

/** Nobody wants anything: the rule decides. */
export const AUTO: Override = { mode: "auto", until: undefined };

/** A wish that holds from now on. @param duration in ms; undefined when it lasts */
export function overrideOf(mode: Mode, duration: number | undefined, now: number): Override {
  if (mode === "auto") return AUTO;
  return duration === undefined ? { mode, until: undefined } : { mode, until: now + duration, duration };
}

/** The wish as it is at this moment: one whose time is over is none. */
export function current(override: Override, now: number): Override {
  return override.until !== undefined && override.until <= now ? AUTO : override;
}
