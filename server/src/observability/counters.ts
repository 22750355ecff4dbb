/** The reason why the server rejected an MQTT message, a login or stored state. */
export type Rejection =
  | "empty"
  | "too-large"
  | "not-json"
  | "wrong-fields"
  | "bad-id"
  | "retained"
  | "unknown-device"
  | "too-many-devices"
  | "malformed-packet"
  | "not-allowed"
  | "bad-login"
  | "over-limit"
  | "queue-full"
  | "bad-state"
  | "internal";

/** Message counts since the server started. */
export interface Counters {
  /** Number of valid messages from devices and apps, including duplicates. */
  received: number;
  /** Number of published commands. */
  sent: number;
  /** Number of rejected messages by reason. Reasons that have not occurred are left out. */
  rejected: Partial<Record<Rejection, number>>;
  /** Number of duplicate readings, whose `boot` and `seq` the server had received before. */
  duplicates: number;
  /**
   * Number of readings that led to a decision but were not acknowledged, because too many readings waited to be stored.
   * They arrive again later, because they were sent at QoS 1.
   */
  refused: number;
}

/** Creates counters at zero. */
export function createCounters(): Counters {
  return { received: 0, sent: 0, rejected: {}, duplicates: 0, refused: 0 };
}
