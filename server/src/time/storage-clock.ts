/** A monotonic clock that converts its times to timestamps for stored data, which other processes can also read. */
export interface StorageClock {
  /** Returns the time of the monotonic clock, in ms. */
  now(): number;
  /** Converts a time of the monotonic clock to ms since 1970. */
  toWall(time: number): number;
  /** Converts ms since 1970 to a time of the monotonic clock. */
  fromWall(wallTime: number): number;
}
