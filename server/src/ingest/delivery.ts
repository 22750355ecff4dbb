/** When and how the broker delivered a message. A forwarded message keeps these values. Times are monotonic, in ms. */
export interface Delivery {
  /** Time at which the message arrived. */
  readonly now: number;
  /** True when the broker delivered the message at once; false when the broker may have queued the message. */
  readonly live: boolean;
  /** Latest time at which the sender may have sent the message; undefined if it was sent just before `now`. */
  readonly before?: number;
}
