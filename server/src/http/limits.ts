/** Limits for one HTTP client. A client is an account, or a network address where nobody has an account. */
export interface HttpLimits {
  /** Live event streams. All clients together may have `ALL_STREAMS` times as many. */
  readonly eventStreams: number;
  /** Simultaneous requests apart from event streams: plots, downloads, waiting for a board. */
  readonly requests: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = { eventStreams: 50, requests: 100 };
