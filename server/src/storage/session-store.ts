import { encodeData, encodeQueued, restoredPacket, type QueuedPacket, type StoredPacket } from "./message-codec.js";
import { keysBelow, type OrderedStore } from "./ordered-store.js";
import { partsOf } from "./session-id.js";
import { FilterIndex } from "../mqtt/filter-index.js";
import {
  restoredRecord,
  storedRecord,
  type Session,
  type SessionRecord,
  type StoredSubscription,
  type Subscriber,
} from "./session.js";
import { clock } from "../time/monotonic-clock.js";

const RECORDS = "session:";
const SUBSCRIPTIONS = "subscriptions:";
const QUEUES = "outgoing:";
const RECEIVED = "incoming:";

/** What makes one subscription different from another to the same topics. */
const OPTIONS = ["qos", "rh", "rap", "nl", "subscriptionIdentifier"] as const;

const NO_IDS: ReadonlySet<string> = new Set();

/** The keys of one session; an encoded id has no colon. */
const below = (kind: string, id: string): string => `${kind}${encodeURIComponent(id)}:`;
const numbered = (number: number): string => String(number).padStart(16, "0");

/** The key of a message, which sorts in the order of publishing. */
function queueKey(id: string, { brokerId, brokerCounter }: { brokerId: string; brokerCounter: number }): string {
  return `${below(QUEUES, id)}${brokerId}:${numbered(brokerCounter)}`;
}

/**
 * The sessions of the embedded broker: an index in memory, everything on disk. Payloads of queued messages are on disk
 * alone.
 */
export class SessionStore {
  /** Who must have messages of QoS 1 and 2 queued. */
  readonly index = new FilterIndex<Subscriber>();
  readonly #store: OrderedStore;
  readonly #sessions = new Map<string, Session>();
  /** Ids of sessions by account. */
  readonly #byAccount = new Map<string, Set<string>>();
  #queued = 0;

  constructor(store: OrderedStore) {
    this.#store = store;
  }

  /** Reads what is stored. @param record for sessions that were stored without one */
  async load(record: SessionRecord): Promise<void> {
    const idOf = (key: string): string => decodeURIComponent(key.split(":", 2)[1]);
    const rest = (key: string): string => key.split(":").slice(2).join(":");
    const read = <T extends object>(kind: string) => this.#store.decodedEntries<T>(keysBelow(kind));
    for (const [key, value] of await read<SessionRecord>(RECORDS))
      this.#add(idOf(key), restoredRecord(value, clock)).isStored = true;
    for (const [key, value] of await read<StoredSubscription>(SUBSCRIPTIONS))
      this.#subscribe(this.obtain(idOf(key), record), value);
    for (const [key, { messageId = 0 }] of await read<QueuedPacket>(QUEUES)) {
      const session = this.obtain(idOf(key), record);
      session.queue.set(key, messageId);
      if (messageId > 0) session.sent.set(messageId, key);
      this.#queued++;
    }
    for (const [key] of await this.#store.entries(keysBelow(RECEIVED)))
      this.obtain(idOf(key), record).received.add(Number(rest(key)));
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Messages in all queues. */
  get queued(): number {
    return this.#queued;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** The ids of an account's sessions. */
  idsOf(account: string): ReadonlySet<string> {
    return this.#byAccount.get(account) ?? NO_IDS;
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#sessions.values();
  }

  /** The session with this id, which is made with this record if there is none. */
  obtain(id: string, record: SessionRecord): Session {
    const known = this.#sessions.get(id);
    if (known) return known;
    const session = this.#add(id, record);
    this.#putRecord(session);
    const stored = (): void => void (session.isStored = true);
    this.#store.stored().then(stored, () => {});
    return session;
  }

  change(session: Session, record: SessionRecord): void {
    session.record = record;
    this.#putRecord(session);
  }

  /** Deletes subscriptions and messages. */
  clear(session: Session): void {
    for (const filter of session.subscriptions.keys()) {
      this.#removeFromIndex(session, filter);
      this.#store.delete(below(SUBSCRIPTIONS, session.id) + filter);
    }
    this.#queued -= session.queue.size;
    for (const key of session.queue.keys()) this.#store.delete(key);
    for (const packetId of session.received) this.#store.delete(below(RECEIVED, session.id) + numbered(packetId));
    for (const part of [session.subscriptions, session.queue, session.sent, session.received]) part.clear();
  }

  /** Deletes a session with everything in it. */
  delete(session: Session): void {
    this.clear(session);
    this.#sessions.delete(session.id);
    const { account } = partsOf(session.id);
    const ids = account === null ? undefined : this.#byAccount.get(account);
    if (ids?.delete(session.id) && ids.size === 0) this.#byAccount.delete(account!);
    this.#store.delete(below(RECORDS, session.id));
  }

  /** Whether a session has this very subscription. */
  isSubscribed({ subscriptions }: Session, subscription: StoredSubscription): boolean {
    const known = subscriptions.get(subscription.topic);
    return known !== undefined && OPTIONS.every((option) => known[option] === subscription[option]);
  }

  /** @returns whether that is another subscription than before */
  subscribe(session: Session, subscription: StoredSubscription): boolean {
    if (this.isSubscribed(session, subscription)) return false;
    this.#subscribe(session, subscription);
    const { topic } = subscription;
    this.#store.put(below(SUBSCRIPTIONS, session.id) + topic, encodeData({ ...subscription, clientId: session.id }));
    return true;
  }

  unsubscribe(session: Session, filter: string): void {
    if (!session.subscriptions.delete(filter)) return;
    this.#removeFromIndex(session, filter);
    this.#store.delete(below(SUBSCRIPTIONS, session.id) + filter);
  }

  /** Adds a message to the end of a queue; one that is there already stays where it is. */
  enqueue(session: Session, packet: QueuedPacket): void {
    const key = queueKey(session.id, packet);
    if (session.queue.has(key)) return;
    session.queue.set(key, 0);
    this.#queued++;
    this.#store.put(key, encodeQueued(packet));
  }

  /**
   * Takes the retain flag from a live message until `sending`: aedes does not store the packet identifier of a message that
   * has the flag, so that its acknowledgement would not take it out of the queue.
   */
  hideRetain(session: Session, packet: { brokerId: string; brokerCounter: number; retain: boolean }): void {
    packet.retain = false;
    session.hiddenRetain.add(queueKey(session.id, packet));
  }

  /**
   * Remembers the packet identifier with which a message is sent, or that it is released (PUBREL).
   * @throws Error when another message of the session has this packet identifier
   */
  sending(session: Session, packet: QueuedPacket): void {
    const { messageId = 0 } = packet;
    const key = packet.cmd === "pubrel" ? session.sent.get(messageId) : queueKey(session.id, packet);
    if (key === undefined) return;
    if (packet.cmd === "publish" && session.hiddenRetain.delete(key)) packet.retain = true;
    if (!session.queue.has(key)) return;
    const other = session.sent.get(messageId);
    if (other !== undefined && other !== key) throw new Error(`packet identifier ${messageId} is in use`);
    session.sent.delete(session.queue.get(key)!);
    session.queue.set(key, messageId);
    session.sent.set(messageId, key);
    const [, , brokerId, brokerCounter] = key.split(":");
    this.#store.put(key, encodeQueued({ ...packet, brokerId, brokerCounter: Number(brokerCounter) }));
  }

  /** The client has the message. */
  acknowledge(session: Session, packetId: number): void {
    const key = session.sent.get(packetId);
    if (key !== undefined) this.#remove(session, key);
  }

  /** Takes a message out of the queue that its client may not have. */
  drop(session: Session, packet: { brokerId: string; brokerCounter: number }): void {
    this.#remove(session, queueKey(session.id, packet));
  }

  /** Takes the oldest messages out of a queue. */
  dropOldest(session: Session, count: number): void {
    for (const key of [...session.queue.keys()].slice(0, count)) this.#remove(session, key);
  }

  /** The messages in a queue in order, also those that are added meanwhile. What was sent before is marked as a duplicate. */
  async *queuedIn(session: Session): AsyncGenerator<QueuedPacket> {
    for (const [key, packetId] of session.queue) {
      const stored = await this.#store.decoded<StoredPacket>(key);
      if (!stored) continue;
      const packet = restoredPacket(stored);
      // [MQTT-3.3.1-1]
      yield packetId > 0 && packet.cmd === "publish" ? { ...packet, dup: true } : packet;
    }
  }

  received(session: Session, packetId: number): void {
    session.received.add(packetId);
    this.#store.put(below(RECEIVED, session.id) + numbered(packetId), Buffer.alloc(0));
  }

  released(session: Session, packetId: number): void {
    if (session.received.delete(packetId)) this.#store.delete(below(RECEIVED, session.id) + numbered(packetId));
  }

  #add(id: string, record: SessionRecord): Session {
    const session: Session = {
      ...{ id, record, isStored: false, subscriptions: new Map(), subscribers: new Map() },
      ...{ queue: new Map(), sent: new Map(), received: new Set(), hiddenRetain: new Set() },
    };
    this.#sessions.set(id, session);
    const { account } = partsOf(id);
    if (account === null) return session;
    const ids = this.#byAccount.get(account) ?? new Set();
    this.#byAccount.set(account, ids.add(id));
    return session;
  }

  #putRecord({ id, record }: Session): void {
    this.#store.put(below(RECORDS, id), encodeData(storedRecord(record, clock)));
  }

  #subscribe(session: Session, subscription: StoredSubscription): void {
    const { topic, qos } = subscription;
    this.#removeFromIndex(session, topic);
    session.subscriptions.set(topic, subscription);
    // nothing is queued for subscriptions of QoS 0
    if (qos === 0) return;
    const subscriber: Subscriber = { clientId: session.id, topic, qos };
    session.subscribers.set(topic, subscriber);
    this.index.add(topic, subscriber);
  }

  #removeFromIndex({ subscribers }: Session, filter: string): void {
    const subscriber = subscribers.get(filter);
    if (!subscriber) return;
    subscribers.delete(filter);
    this.index.remove(filter, subscriber);
  }

  #remove(session: Session, key: string): void {
    const packetId = session.queue.get(key);
    if (packetId === undefined) return;
    session.queue.delete(key);
    session.sent.delete(packetId);
    this.#queued--;
    this.#store.delete(key);
  }
}
