import { isPlausible, type MonotonicClock } from "../time/monotonic-clock.js";

/** A subscription of QoS 1 or 2, in the form in which aedes asks for it. */
export interface Subscriber {
  readonly clientId: string;
  /** The topic filter. */
  readonly topic: string;
  readonly qos: number;
}

/** A subscription with the options of MQTT 5.0 (3.8.3.1). */
export interface StoredSubscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

/** A session as it is stored. Its subscriptions and messages have entries of their own. */
export interface SessionRecord {
  /** The permissions that its account had, such as `reader`: the session ends when they change. */
  readonly permissions: string;
  /** How long the session outlives its connection, in s. */
  readonly expiry: number;
  /** When the client disconnected, by the monotonic clock; on disk in ms since 1970. Undefined while it is connected. */
  readonly disconnectedAt?: number;
}

export function storedRecord(record: SessionRecord, clock: MonotonicClock): SessionRecord {
  const { disconnectedAt } = record;
  return disconnectedAt === undefined ? record : { ...record, disconnectedAt: clock.toWall(disconnectedAt) };
}

/** A record as it was stored. Where the wall clock was wrong then, or is now, the client disconnected just now. */
export function restoredRecord(record: SessionRecord, clock: MonotonicClock): SessionRecord {
  const { disconnectedAt } = record;
  if (disconnectedAt === undefined) return record;
  const now = clock.now();
  const isUndated = !isPlausible(disconnectedAt) && isPlausible(clock.toWall(now));
  return { ...record, disconnectedAt: isUndated ? now : Math.min(clock.fromWall(disconnectedAt), now) };
}

export interface Session {
  readonly id: string;
  record: SessionRecord;
  /** Whether the session is on disk, perhaps not as it is now. */
  isStored: boolean;
  readonly subscriptions: Map<string, StoredSubscription>;
  /** Its entries in the index, by filter. */
  readonly subscribers: Map<string, Subscriber>;
  /** Messages that are not acknowledged, by key, in the order of publishing; with their packet identifiers, 0 before they are sent. */
  readonly queue: Map<string, number>;
  /** The keys of the messages that were sent, by packet identifier. */
  readonly sent: Map<number, string>;
  /** Packet identifiers of messages of QoS 2 that the client has not released. */
  readonly received: Set<number>;
  /** The keys of messages whose retain flag is hidden from aedes. */
  readonly hiddenRetain: Set<string>;
}
