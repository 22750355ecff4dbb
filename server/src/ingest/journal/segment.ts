import type { Device } from "../../devices/devices.js";

/** A file of the journal. */
export interface Segment {
  /** Number of the file. Later segments have higher numbers. */
  readonly number: number;
  readings: number;
  /** Devices that needed this segment and no earlier one when they were added. Some may no longer need it. */
  readonly devices: Device[];
  /** When the segment ended, by `performance.now()`; -Infinity for segments of earlier runs. */
  ended: number;
}

export const newSegment = (number: number): Segment => ({ number, readings: 0, devices: [], ended: -Infinity });
