/** A clock that outlives this process, with which what is stored is dated. */
export interface StorageClock {
  /** By the monotonic clock. */
  now(): number;
  /** What the clock says at a time of the monotonic clock, in ms since 1970; and the reverse. */
  toWall(time: number): number;
  fromWall(wallTime: number): number;
}
