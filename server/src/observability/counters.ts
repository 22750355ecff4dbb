/** Why a message from the wire had no effect. */
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

/** What the server has counted since it started. */
export interface Counters {
  /** Messages from devices and apps that were understood, duplicates included. */
  received: number;
  /** Commands published. */
  sent: number;
  /** Messages without effect, by reason; a reason that never came is not there. */
  rejected: Partial<Record<Rejection, number>>;
  /** Readings that had been seen before: the same `boot` and `seq`. */
  duplicates: number;
  /** Readings that were decided upon and not taken, because too many waited to be stored. QoS 1 delivers them again. */
  refused: number;
}

/** Counters at zero. */
export function newCounters(): Counters {
  return { received: 0, sent: 0, rejected: {}, duplicates: 0, refused: 0 };
}
