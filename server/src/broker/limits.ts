/** Limits for the clients of the embedded broker. */
export interface BrokerLimits {
  /** The longest payload that a client may publish, in bytes. */
  readonly payload: number;
  /** Maximum number of simultaneous connections of all clients together. */
  readonly connections: number;
  /** Maximum number of subscriptions of one client. The broker refuses further ones. */
  readonly subscriptions: number;
  /**
   * Maximum number of messages per second that one client may publish on average. The broker slows down a faster
   * client.
   */
  readonly rate: number;
  /**
   * Maximum number of messages in the queue of a disconnected client. When the queue is full, the oldest message is
   * dropped.
   */
  readonly queue: number;
  /** Maximum number of sessions of one account. The broker refuses to create further ones. */
  readonly sessions: number;
  /** How long the broker keeps the session of a disconnected client, in ms. */
  readonly sessionExpiry: number;
}

export const DEFAULT_BROKER_LIMITS: BrokerLimits = {
  payload: 16_384,
  connections: 10_000,
  subscriptions: 1000,
  rate: 1000,
  queue: 1000,
  sessions: 100,
  sessionExpiry: 7 * 24 * 60 * 60 * 1000,
};
