import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AedesPublishPacket, Client } from "aedes";
import type { IPublishPacket } from "mqtt-packet";
import { hasWildcard, matches } from "../mqtt/topics.js";
import type { QueuedPacket } from "../storage/message-codec.js";
import type { StorageHealth } from "../storage/health.js";
import type { OrderedStore } from "../storage/ordered-store.js";
import { Violation } from "../mqtt/packet-checks.js";
import { REASON } from "../mqtt/packets.js";
import type { RetainedMessages } from "../storage/retained.js";
import type { Session, StoredSubscription, Subscriber } from "../storage/session.js";
import type { SessionStore } from "../storage/session-store.js";
import type { Wills } from "../storage/wills.js";

/** How many retained messages are compared with a wildcard at once. */
const SLICE = 1000;

/** Messages of QoS 2 that a client may have sent and not released: Receive Maximum (MQTT 5.0, 3.2.2.3.3). */
export const RECEIVE_MAXIMUM = 1000;

/** What aedes passes where it means a client. */
type ClientId = Pick<Client, "id">;

/** An acknowledgement of a message, or a message that aedes did not deliver. */
interface Cleared {
  readonly messageId?: number;
  readonly brokerId: string;
  readonly brokerCounter: number;
  readonly topic: string;
  /** Its publisher. */
  readonly clientId?: string;
  /** Whether the subscription has No Local. */
  readonly nl?: boolean;
}

export interface PersistenceHandlers {
  /** The QoS that was granted to a subscription; undefined when it was refused: aedes passes those as well. */
  grantedQos(client: Client, filter: string): number | undefined;
  /** Whether all subscriptions of a client that match a topic leave out its own messages. */
  leavesOutOwn(client: Client, topic: string): boolean;
  /** A message was added to a queue. */
  queued(session: Session): void;
}

/**
 * The persistence interface of aedes, on disk: sessions, queues, retained messages and wills survive `kill -9`.
 *
 * Most methods resolve before the disk has anything; `stored` resolves when it has. So messages keep their order, however
 * long a write takes: aedes drops a message that reaches a client after one that was published later.
 */
export class Persistence {
  readonly #store: OrderedStore;
  readonly #sessions: SessionStore;
  readonly #retained: RetainedMessages;
  readonly #wills: Wills;
  readonly #handlers: PersistenceHandlers;
  readonly #health: StorageHealth;
  /** Packet identifiers of QoS 2 that clients without a session have not released. */
  readonly #received = new WeakMap<object, Set<number>>();
  /** Subscriptions that are stored: aedes asks for each that was granted, with all that are in the same packet. */
  readonly #subscribed = new WeakSet<StoredSubscription>();

  constructor(
    store: OrderedStore,
    sessions: SessionStore,
    retained: RetainedMessages,
    wills: Wills,
    handlers: PersistenceHandlers,
    health: StorageHealth,
  ) {
    this.#store = store;
    this.#sessions = sessions;
    this.#retained = retained;
    this.#wills = wills;
    this.#handlers = handlers;
    this.#health = health;
  }

  async setup(): Promise<void> {}

  /** Resolves when everything so far is stored, however long the disk is full. @throws Error when the broker closes before */
  async stored(): Promise<void> {
    await this.#retained.stored();
    await this.#store.stored();
  }

  async storeRetained(packet: AedesPublishPacket): Promise<void> {
    this.#retained.store(packet as AedesPublishPacket & { payload: Buffer });
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retainedFor(filters));
  }

  async *#retainedFor(filters: readonly string[]): AsyncGenerator<object> {
    for (const filter of filters) {
      if (!hasWildcard(filter)) {
        if (this.#retained.get(filter)) yield this.#current(filter);
        continue;
      }
      let compared = 0;
      for (const topic of this.#retained.topics()) {
        if (matches(filter, topic)) yield this.#current(topic);
        // others have their turn
        if (++compared % SLICE === 0) await nextTurn();
      }
    }
  }

  /**
   * A retained message that is read when aedes sends it: it waits in a stream, and must not arrive after a newer one that
   * was published meanwhile.
   */
  #current(topic: string): object {
    const read = () => this.#retained.get(topic);
    return {
      cmd: "publish",
      topic,
      retain: true,
      get qos() {
        return read()?.qos ?? 0;
      },
      get payload() {
        return read()?.payload ?? Buffer.alloc(0);
      },
      get properties() {
        return read()?.properties;
      },
      get messageExpiry() {
        return read()?.messageExpiry;
      },
    };
  }

  async addSubscriptions(client: Client, subscriptions: readonly StoredSubscription[]): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (!session) return;
    let changed = false;
    for (const subscription of subscriptions) {
      const qos = this.#handlers.grantedQos(client, subscription.topic);
      if (qos === undefined || this.#subscribed.has(subscription)) continue;
      this.#subscribed.add(subscription);
      changed = this.#sessions.subscribe(session, { ...subscription, qos }) || changed;
    }
    if (!changed) return;
    // a session that is not stored either is lost with its subscriptions, and its client learns of that
    if (session.isStored) await this.#store.stored();
    else await this.#health.waitUnlessFailing(this.#store.stored());
  }

  async removeSubscriptions({ id }: ClientId, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) return;
    for (const filter of filters) this.#sessions.unsubscribe(session, filter);
    await this.#health.waitUnlessFailing(this.#store.stored());
  }

  async subscriptionsByClient({ id }: ClientId): Promise<StoredSubscription[]> {
    return [...(this.#sessions.get(id)?.subscriptions.values() ?? [])].map((subscription) => ({ ...subscription }));
  }

  async subscriptionsByTopic(topic: string): Promise<readonly Subscriber[]> {
    return this.#sessions.index.match(topic);
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    let subsCount = 0;
    for (const { subscriptions } of this.#sessions) subsCount += subscriptions.size;
    return { subsCount, clientsCount: this.#sessions.size };
  }

  /** A new session begins, or one ends: nothing of the old one stays [MQTT-3.1.2-6]. */
  async cleanSubscriptions(client: Client): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (!session) return;
    if (client.clean) this.#sessions.delete(session);
    else this.#sessions.clear(session);
  }

  async outgoingEnqueue({ clientId }: { clientId: string }, packet: AedesPublishPacket): Promise<void> {
    const session = this.#sessions.get(clientId);
    if (!session) return;
    this.#sessions.messages.enqueue(session, packet as QueuedPacket);
    this.#handlers.queued(session);
  }

  async outgoingEnqueueCombi(subscribers: readonly Subscriber[], packet: AedesPublishPacket): Promise<void> {
    for (const subscriber of subscribers) await this.outgoingEnqueue(subscriber, packet);
  }

  async outgoingUpdate({ id }: ClientId, packet: QueuedPacket): Promise<void> {
    const session = this.#sessions.get(id);
    if (session && (packet.cmd === "pubrel" || packet.qos > 0)) this.#sessions.messages.sending(session, packet);
  }

  async outgoingClearMessageId(client: Client, packet: Cleared): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (!session) return;
    if (packet.messageId !== undefined) this.#sessions.messages.acknowledge(session, packet.messageId);
    // aedes did not deliver it: its publisher subscribed with No Local [MQTT-3.8.3-3]
    else if (packet.clientId === client.id && packet.nl && this.#handlers.leavesOutOwn(client, packet.topic))
      this.#sessions.messages.drop(session, packet);
  }

  outgoingStream({ id }: ClientId): Readable {
    const session = this.#sessions.get(id);
    return Readable.from(session ? this.#sessions.messages.queuedIn(session) : []);
  }

  async incomingStorePacket(client: Client, { messageId = 0 }: IPublishPacket): Promise<void> {
    if (this.#receivedBy(client).size >= RECEIVE_MAXIMUM)
      throw new Violation(
        `more than ${RECEIVE_MAXIMUM} messages of QoS 2 are not released`,
        REASON.receiveMaximumExceeded,
        "over-limit",
      );
    const session = this.#sessions.get(client.id);
    if (session) this.#sessions.messages.received(session, messageId);
    else this.#receivedBy(client).add(messageId);
    // each message is published in a turn of its own, so that none overtakes another
    await nextTurn();
  }

  async incomingGetPacket(client: Client, { messageId = 0 }: { messageId?: number }): Promise<{ messageId: number }> {
    if (!this.hasReceived(client, messageId)) throw new Error("no such packet");
    return { messageId };
  }

  async incomingDelPacket(client: Client, { messageId = 0 }: { messageId?: number }): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (session) this.#sessions.messages.released(session, messageId);
    else this.#receivedBy(client).delete(messageId);
  }

  /** Whether the client has sent a message of QoS 2 and not released it. */
  hasReceived(client: Client, packetId: number): boolean {
    return this.#receivedBy(client).has(packetId);
  }

  #receivedBy(client: Client): Set<number> {
    const session = this.#sessions.get(client.id);
    if (session) return session.received;
    let received = this.#received.get(client);
    if (!received) this.#received.set(client, (received = new Set()));
    return received;
  }

  putWill: Wills["put"] = (client, will) => this.#wills.put(client, will);
  getWill: Wills["get"] = (client) => this.#wills.get(client);
  delWill: Wills["delete"] = (client) => this.#wills.delete(client);
  streamWill: Wills["stream"] = (brokers) => this.#wills.stream(brokers);

  async destroy(): Promise<void> {
    await this.#retained.close();
  }
}
