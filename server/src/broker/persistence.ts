import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AedesPublishPacket, Client } from "aedes";
import type { IPublishPacket } from "mqtt-packet";
import type { QueuedPacket } from "../storage/message-codec.js";
import type { StorageHealth } from "../storage/health.js";
import type { OrderedStore } from "../storage/ordered-store.js";
import type { RetainedMessages } from "../storage/retained.js";
import type { Session, StoredSubscription, Subscriber } from "../storage/session.js";
import type { SessionStore } from "../storage/session-store.js";
import type { Wills } from "../storage/wills.js";
import { QueueReaders } from "./queue-reader.js";
import { ReceivedPacketIds } from "./received-ids.js";
import { createRetainedStream } from "./retained-stream.js";

/** The part of a client that most methods need: the client id, which identifies the session. */
type IdentifiedClient = Pick<Client, "id">;

/** A message to remove from a queue, because the client acknowledged it or aedes decided not to deliver it. */
interface ClearedMessage {
  readonly messageId?: number;
  readonly brokerId: string;
  readonly brokerCounter: number;
  readonly topic: string;
  /** Session id of the client that published the message. */
  readonly clientId?: string;
  /** No Local: true if the subscription excludes messages of the subscriber itself. */
  readonly nl?: boolean;
}

export interface PersistenceHandlers {
  /**
   * Returns the granted QoS of a subscription. Returns undefined for a refused subscription, which aedes passes to the
   * persistence as well.
   */
  grantedQos(client: Client, filter: string): number | undefined;
  /** Returns whether all matching subscriptions of a client have No Local set. */
  isNoLocal(client: Client, topic: string): boolean;
  /** Called when a message was added to a session's queue. */
  messageQueued(session: Session): void;
  /** Called when a client ends subscriptions, before aedes ends them. */
  unsubscribing(client: Client, filters: readonly string[]): void;
  /** Called when a client's subscriptions change. SUBACK and UNSUBACK must wait until the promise resolves. */
  holdSubscriptionReplies(client: Client, stored: Promise<unknown>): void;
}

/**
 * Implements the persistence interface of aedes on disk. Sessions, queues, retained messages and wills survive `kill
 * -9`.
 *
 * Most methods resolve before the data is on disk, because a slow write would reorder messages. aedes drops a message
 * that reaches a client after a later one. `whenStored` resolves when the data is on disk.
 */
export class Persistence {
  readonly #store: OrderedStore;
  readonly #sessions: SessionStore;
  readonly #retained: RetainedMessages;
  readonly #wills: Wills;
  readonly #handlers: PersistenceHandlers;
  readonly #health: StorageHealth;
  readonly #received: ReceivedPacketIds;
  readonly queueReaders = new QueueReaders();
  /**
   * Subscriptions that are already stored. For every granted subscription, aedes passes all subscriptions of the packet
   * again, so stored ones are skipped.
   */
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
    this.#received = new ReceivedPacketIds(sessions);
  }

  async setup(): Promise<void> {}

  /**
   * Resolves when all data so far is on disk. While the disk is full, the promise stays pending.
   * @throws Error when the broker closes before all data is on disk
   */
  async whenStored(): Promise<void> {
    await this.#retained.whenStored();
    await this.#store.whenStored();
  }

  async storeRetained(packet: AedesPublishPacket): Promise<void> {
    this.#retained.store(packet as AedesPublishPacket & { payload: Buffer });
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return createRetainedStream(this.#retained, filters);
  }

  /**
   * Adds subscriptions. Does not wait for the disk, only the SUBACK does: meanwhile, other clients may publish. aedes
   * would put their messages into the session's queue, but deliver them only at the client's next connection.
   */
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
    // When the session is new, do not wait for a failing disk. If such a session is lost, the CONNACK of the client's
    // next connection reports no session, and the client subscribes again.
    const stored = this.#store.whenStored();
    this.#handlers.holdSubscriptionReplies(client, session.isStored ? stored : this.#health.waitUnlessFailing(stored));
  }

  /**
   * Removes subscriptions. Does not wait for the disk, only the UNSUBACK does: otherwise, aedes would end a subscription
   * that the client has made again meanwhile.
   */
  async removeSubscriptions(client: Client, filters: readonly string[]): Promise<void> {
    this.#handlers.unsubscribing(client, filters);
    const session = this.#sessions.get(client.id);
    if (!session) return;
    for (const filter of filters) this.#sessions.unsubscribe(session, filter);
    this.#handlers.holdSubscriptionReplies(client, this.#health.waitUnlessFailing(this.#store.whenStored()));
  }

  async subscriptionsByClient({ id }: IdentifiedClient): Promise<StoredSubscription[]> {
    return [...(this.#sessions.get(id)?.subscriptions.values() ?? [])].map((subscription) => ({ ...subscription }));
  }

  async subscriptionsByTopic(topic: string): Promise<readonly Subscriber[]> {
    return this.#sessions.index.findValues(topic);
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    let subsCount = 0;
    for (const { subscriptions } of this.#sessions) subsCount += subscriptions.size;
    return { subsCount, clientsCount: this.#sessions.size };
  }

  /** Deletes the data of an earlier session when a new one begins or the session ends [MQTT-3.1.2-6]. */
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
    this.#handlers.messageQueued(session);
  }

  async outgoingEnqueueCombi(subscribers: readonly Subscriber[], packet: AedesPublishPacket): Promise<void> {
    for (const subscriber of subscribers) await this.outgoingEnqueue(subscriber, packet);
  }

  async outgoingUpdate(client: Client, packet: QueuedPacket): Promise<void> {
    const session = this.#sessions.get(client.id);
    this.queueReaders.markSent(client, packet);
    if (session && (packet.cmd === "pubrel" || packet.qos > 0)) this.#sessions.messages.storeSent(session, packet);
  }

  async outgoingClearMessageId(client: Client, packet: ClearedMessage): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (!session) return;
    if (packet.messageId !== undefined) this.#sessions.messages.acknowledge(session, packet.messageId);
    // Remove the message, which aedes did not deliver because the publisher subscribed with No Local [MQTT-3.8.3-3].
    else if (packet.clientId === client.id && packet.nl && this.#handlers.isNoLocal(client, packet.topic))
      this.#sessions.messages.remove(session, packet);
  }

  /** Reads the queue of a client that connects, to send it, or of a client whose session has ended, to clear it. */
  outgoingStream(client: Client): Readable {
    const session = this.#sessions.get(client.id);
    if (!session) return Readable.from([]);
    const reader = client.connecting ? this.queueReaders.open(client) : undefined;
    return Readable.from(this.#sessions.messages.readQueuedMessages(session, reader));
  }

  async incomingStorePacket(client: Client, { messageId = 0 }: IPublishPacket): Promise<void> {
    this.#received.add(client, messageId);
    // Publish each message in its own turn of the event loop, so that messages keep their order.
    await nextTurn();
  }

  async incomingGetPacket(client: Client, { messageId = 0 }: { messageId?: number }): Promise<{ messageId: number }> {
    if (!this.hasReceived(client, messageId)) throw new Error("no such packet");
    return { messageId };
  }

  async incomingDelPacket(client: Client, { messageId = 0 }: { messageId?: number }): Promise<void> {
    this.#received.delete(client, messageId);
  }

  /** Returns whether a QoS 2 message of the client with this packet identifier still waits for PUBREL. */
  hasReceived(client: Client, packetId: number): boolean {
    return this.#received.has(client, packetId);
  }

  putWill: Wills["put"] = (client, will) => this.#wills.put(client, will);
  getWill: Wills["get"] = (client) => this.#wills.get(client);
  delWill: Wills["delete"] = (client) => this.#wills.delete(client);
  streamWill: Wills["streamWills"] = (brokers) => this.#wills.streamWills(brokers);

  async destroy(): Promise<void> {
    await this.#retained.close();
  }
}
