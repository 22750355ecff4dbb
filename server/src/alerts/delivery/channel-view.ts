/** The kind of a service that receives alerts. */
export type ChannelName = "webhook" | "ntfy";

/** A channel as the API shows it. */
export interface ChannelView {
  readonly channel: ChannelName;
  /** The address of the service. Its path is masked, because it works like a password. */
  readonly target: string;
  /** Why messages do not arrive at present, as sentences; null while they do. */
  readonly problem: string | null;
  /** Number of alerts that wait to be sent. */
  readonly waiting: number;
  /** Number of messages that were delivered since the server started. */
  readonly delivered: number;
  /** Number of failed attempts to deliver a message since the server started. */
  readonly failed: number;
}

/** The result of sending a test message to a channel. */
export interface TestResult {
  readonly channel: ChannelName;
  /** Why the message did not arrive, as sentences; null if it did. */
  readonly problem: string | null;
}
