import type { Device } from "../../devices/devices.js";

/** A file of the journal. */
export interface Segment {
  /** Later ones have higher numbers. */
  readonly number: number;
  readings: number;
  /** Devices of which everything that counts is here or later. Some have moved on. */
  readonly devices: Device[];
  /** When the last was written to it, by `performance.now()`; of one of an earlier run long ago. */
  ended: number;
}

export const newSegment = (number: number): Segment => ({ number, readings: 0, devices: [], ended: -Infinity });
