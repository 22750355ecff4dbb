import type { Device } from "../../devices/devices.js";

/** A file of the journal. */
export interface Segment {
  /** Number of the file. Later segments have higher numbers. */
  readonly number: number;
  readingCount: number;
  /** Devices whose oldest needed records are in this file. The list may also contain devices that need only later files now. */
  readonly devices: Device[];
  /** When the segment ended, by `performance.now()`; -Infinity for segments of earlier runs. */
  endedAt: number;
}

export const createSegment = (number: number): Segment => ({
  number,
  readingCount: 0,
  devices: [],
  endedAt: -Infinity,
});
