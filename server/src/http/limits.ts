/** Limits for one HTTP client. A client is an account, or a network address for requests without an account. */
export interface HttpLimits {
  /** Maximum number of live event streams. All clients together may have `TOTAL_STREAMS_FACTOR` times as many. */
  readonly eventStreams: number;
  /** Maximum number of simultaneous requests other than event streams, such as downloads and waiting actions. */
  readonly requests: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = { eventStreams: 50, requests: 100 };
