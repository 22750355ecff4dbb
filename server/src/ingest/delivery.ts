/** When and how a message reached the first server that received it. Times are by the monotonic clock, in ms. */
export interface Delivery {
  /** When it arrived. */
  readonly now: number;
  /** Whether it cannot have waited at the broker. */
  readonly live: boolean;
  /** When it was sent at the latest; undefined if it was sent just before it arrived. */
  readonly before?: number;
}
