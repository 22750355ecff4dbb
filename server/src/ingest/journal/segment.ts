import type { Device } from "../../devices/devices.js";

/** A file of the journal. */
export interface Segment {
  /** Number of the file. Later segments have higher numbers. */
  readonly number: number;
  readings: number;
  /** Devices whose oldest needed segment was this one when they were added. Some may need only later segments now. */
  readonly devices: Device[];
  /** When the segment ended, by `performance.now()`; -Infinity for segments of earlier runs. */
  ended: number;
}

export const newSegment = (number: number): Segment => ({ number, readings: 0, devices: [], ended: -Infinity });
