/** When a message arrived, and how. */
export interface Arrival {
  /** In ms since 1970. */
  readonly now: number;
  /** Whether it cannot have waited at the broker. */
  readonly live: boolean;
  /** It was sent before this, in ms since 1970, as far as can be told; undefined when it was sent just now. */
  readonly before?: number;
}
