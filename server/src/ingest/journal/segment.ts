import type { Device } from "../../devices/devices.js";

/** A file of the journal. */
export interface Segment {
  /** Later ones have higher numbers. */
  readonly number: number;
  readings: number;
  /** Devices whose records are in this segment or later ones. Some of them no longer need this segment. */
  readonly devices: Device[];
  /** When the segment ended, by `performance.now()`; -Infinity for segments of earlier runs. */
  ended: number;
}

export const newSegment = (number: number): Segment => ({ number, readings: 0, devices: [], ended: -Infinity });
