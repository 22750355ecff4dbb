import { isPlausibleWallTime, type MonotonicClock } from "../time/monotonic-clock.js";

/** A subscriber with QoS 1 or 2, in the format that the persistence API of aedes requires. */
export interface Subscriber {
  readonly clientId: string;
  /** Topic filter of the subscription. */
  readonly topic: string;
  readonly qos: number;
}

/** A subscription with its options (MQTT 5.0, 3.8.3.1): retain handling, retain as published, no local. */
export interface StoredSubscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

/** The database record of a session. Its subscriptions and messages are separate entries. */
export interface SessionRecord {
  /** Permissions of the account when the session was created, such as `reader`. The session ends when they change. */
  readonly permissions: string;
  /** Session expiry interval after a disconnect, in s (MQTT 5.0, 3.1.2.11.2). */
  readonly expiry: number;
  /**
   * Time of the disconnect in ms: in memory by the monotonic clock, on disk since 1970. Undefined while the client is
   * connected.
   */
  readonly disconnectedAt?: number;
}

/** Converts a session record for storage: the time of the disconnect becomes ms since 1970. */
export function toStoredRecord(record: SessionRecord, clock: MonotonicClock): SessionRecord {
  const { disconnectedAt } = record;
  return disconnectedAt === undefined ? record : { ...record, disconnectedAt: clock.toWall(disconnectedAt) };
}

/**
 * Converts a session record from storage. If the wall clock was obviously wrong when the record was stored, or was set back
 * since, the client counts as disconnected just now.
 */
export function fromStoredRecord(record: SessionRecord, clock: MonotonicClock): SessionRecord {
  const { disconnectedAt } = record;
  if (disconnectedAt === undefined) return record;
  const now = clock.now();
  const isUndated = !isPlausibleWallTime(disconnectedAt) && isPlausibleWallTime(clock.toWall(now));
  return { ...record, disconnectedAt: isUndated ? now : Math.min(clock.fromWall(disconnectedAt), now) };
}

/** A session in memory. Payloads of queued messages are only on disk. */
export interface Session {
  readonly id: string;
  record: SessionRecord;
  /** Whether a record of the session is on disk. The record may be out of date. */
  isStored: boolean;
  readonly subscriptions: Map<string, StoredSubscription>;
  /** Entries of this session in the subscription index, by topic filter. */
  readonly subscribers: Map<string, Subscriber>;
  /** Packet identifiers of unacknowledged messages by key, in the order of publishing. An unsent message has identifier 0. */
  readonly queue: Map<string, number>;
  /** Keys of the messages that were sent, by packet identifier. */
  readonly sent: Map<number, string>;
  /** Packet identifiers of received QoS 2 messages that the client has not released (PUBREL). */
  readonly received: Set<number>;
  /** Keys of messages whose retain flag is hidden from aedes until they are sent. */
  readonly hiddenRetain: Set<string>;
}
