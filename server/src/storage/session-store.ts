import { FilterIndex } from "../mqtt/filter-index.js";
import { clock } from "../time/monotonic-clock.js";
import { encodeData } from "./message-codec.js";
import { MessageQueues } from "./message-queues.js";
import { keyRangeOf, type OrderedStore } from "./ordered-store.js";
import { splitSessionId } from "./session-id.js";
import { RECORDS_PREFIX, sessionIdFromKey, sessionKeyPrefixOf, SUBSCRIPTIONS_PREFIX } from "./session-keys.js";
import {
  fromStoredRecord,
  toStoredRecord,
  type Session,
  type SessionRecord,
  type StoredSubscription,
  type Subscriber,
} from "./session.js";

/** The options of a subscription. Two subscriptions to the same topic filter are equal if all their options are equal. */
const SUBSCRIPTION_OPTIONS = ["qos", "rh", "rap", "nl", "subscriptionIdentifier"] as const;

const NO_SESSION_IDS: ReadonlySet<string> = new Set();

/** The sessions of the embedded broker, in memory and on disk: records, subscriptions and message queues. */
export class SessionStore {
  /** Index of all subscriptions with QoS 1 or 2, for queueing messages. */
  readonly index = new FilterIndex<Subscriber>();
  readonly messages: MessageQueues;
  readonly #store: OrderedStore;
  readonly #sessions = new Map<string, Session>();
  /** Ids of the sessions of each account. */
  readonly #byAccount = new Map<string, Set<string>>();

  constructor(store: OrderedStore) {
    this.#store = store;
    this.messages = new MessageQueues(store);
  }

  /** Loads all sessions from disk. @param record replaces a missing or damaged record */
  async load(record: SessionRecord): Promise<void> {
    const read = <T extends object>(kind: string) => this.#store.getDecodedEntries<T>(keyRangeOf(kind));
    for (const [key, value] of await read<SessionRecord>(RECORDS_PREFIX))
      this.#add(sessionIdFromKey(key), fromStoredRecord(value, clock)).isStored = true;
    for (const [key, value] of await read<StoredSubscription>(SUBSCRIPTIONS_PREFIX))
      this.#subscribe(this.getOrCreate(sessionIdFromKey(key), record), value);
    await this.messages.load((id) => this.getOrCreate(id, record));
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Returns the session ids of an account. */
  sessionIdsOf(account: string): ReadonlySet<string> {
    return this.#byAccount.get(account) ?? NO_SESSION_IDS;
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#sessions.values();
  }

  /** Returns the session with this id, or creates one with this record. */
  getOrCreate(id: string, record: SessionRecord): Session {
    const known = this.#sessions.get(id);
    if (known) return known;
    const session = this.#add(id, record);
    this.#putRecord(session);
    const markStored = (): void => void (session.isStored = true);
    this.#store.whenStored().then(markStored, () => {});
    return session;
  }

  changeRecord(session: Session, record: SessionRecord): void {
    session.record = record;
    this.#putRecord(session);
  }

  /** Deletes the subscriptions and messages of a session. */
  clear(session: Session): void {
    for (const filter of session.subscriptions.keys()) {
      this.#removeFromIndex(session, filter);
      this.#store.delete(sessionKeyPrefixOf(SUBSCRIPTIONS_PREFIX, session.id) + filter);
    }
    session.subscriptions.clear();
    this.messages.clear(session);
  }

  /** Deletes a session with its subscriptions and messages. */
  delete(session: Session): void {
    this.clear(session);
    this.#sessions.delete(session.id);
    const { account } = splitSessionId(session.id);
    const ids = account === null ? undefined : this.#byAccount.get(account);
    if (ids?.delete(session.id) && ids.size === 0) this.#byAccount.delete(account!);
    this.#store.delete(sessionKeyPrefixOf(RECORDS_PREFIX, session.id));
  }

  /** Returns whether a session has a subscription with exactly these options. */
  isSubscribed({ subscriptions }: Session, subscription: StoredSubscription): boolean {
    const known = subscriptions.get(subscription.topic);
    return known !== undefined && SUBSCRIPTION_OPTIONS.every((option) => known[option] === subscription[option]);
  }

  /** Adds or replaces a subscription. @returns whether the subscription is new or has other options than before */
  subscribe(session: Session, subscription: StoredSubscription): boolean {
    if (this.isSubscribed(session, subscription)) return false;
    this.#subscribe(session, subscription);
    const key = sessionKeyPrefixOf(SUBSCRIPTIONS_PREFIX, session.id) + subscription.topic;
    this.#store.put(key, encodeData({ ...subscription, clientId: session.id }));
    return true;
  }

  unsubscribe(session: Session, filter: string): void {
    if (!session.subscriptions.delete(filter)) return;
    this.#removeFromIndex(session, filter);
    this.#store.delete(sessionKeyPrefixOf(SUBSCRIPTIONS_PREFIX, session.id) + filter);
  }

  #add(id: string, record: SessionRecord): Session {
    const session: Session = {
      ...{ id, record, isStored: false, subscriptions: new Map(), subscribers: new Map() },
      ...{ queue: new Map(), sent: new Map(), received: new Set(), hiddenRetain: new Set() },
    };
    this.#sessions.set(id, session);
    const { account } = splitSessionId(id);
    if (account === null) return session;
    const ids = this.#byAccount.get(account) ?? new Set();
    this.#byAccount.set(account, ids.add(id));
    return session;
  }

  #putRecord({ id, record }: Session): void {
    this.#store.put(sessionKeyPrefixOf(RECORDS_PREFIX, id), encodeData(toStoredRecord(record, clock)));
  }

  #subscribe(session: Session, subscription: StoredSubscription): void {
    const { topic, qos } = subscription;
    this.#removeFromIndex(session, topic);
    session.subscriptions.set(topic, subscription);
    // a QoS 0 subscription queues no messages, so the index does not contain it
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
}
