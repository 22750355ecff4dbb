import { Readable } from "node:stream";
import AsyncLevelPersistence from "aedes-persistence-level/asyncPersistence.js";
import type { BrokerStore } from "../data.js";
import { ordered } from "./ordered.js";
import { Queues, type QueueWatch } from "./queues.js";
import { Retained, type RetainedPacket } from "./retained.js";
import { TopicIndex } from "./topic-index.js";
import { AWAITED, Topics } from "./topics.js";

/** What is asked while sessions are stored. */
export interface SessionWatch extends QueueWatch {
  /** Whether a client may subscribe to this; what it may not is not stored either. */
  granted(client: object, filter: string): boolean;
  /** A session is about to be served from its queue, or has ended. */
  resumed(client: object): void;
  ended(clientId: string): void;
  /** A message could not be stored, of which nobody waits to hear. */
  failed(error: unknown): void;
  /** Fulfilled when a further message may be sent to a client. */
  room(client: object): Promise<void>;
}

interface Subscription {
  readonly topic: string;
  readonly qos: number;
}

const RETAINED = { gte: "retained:", lt: "retained;" } as const;

/**
 * Retained messages, sessions, queues and wills of the embedded broker, kept on disk, so that they survive `kill -9`:
 * aedes-persistence-level 9.2, with faults in order, QoS 0 and cost put right. Retained messages are in a log of their own.
 */
export class DurablePersistence extends AsyncLevelPersistence {
  /** Told of the number of each message that is stored, whoever may have to get it. */
  queued: ((number: number) => void) | undefined;
  /** The filters of each session that is stored. */
  readonly sessions = new Map<string, Set<string>>();
  readonly queues: Queues;
  readonly topics = new Topics();
  readonly retained: Retained;
  /** Who is to have messages stored for it, by filter. */
  readonly #awaited = new TopicIndex<string>(this.topics, AWAITED);
  readonly #store: ReturnType<typeof ordered>;
  readonly #watch: SessionWatch;
  readonly #adding = new WeakMap<object, Promise<void>>();

  /**
   * @param log a folder for retained messages
   * @param limit how many messages wait for a client that is away; beyond them the oldest go
   */
  constructor(db: BrokerStore, log: string, limit: number, watch: SessionWatch) {
    const store = ordered(db);
    super(store);
    this.#store = store;
    this.#watch = watch;
    this.queues = new Queues(store, limit, watch);
    this.retained = new Retained(this.topics, log, (error) => watch.failed(error));
  }

  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    for (const key of await this.#store.keys({ gte: "subscriptions:", lt: "subscriptions;" })) {
      const [, id, ...filter] = key.split(":");
      this.#subscribe(decodeURIComponent(id), filter.join(":"));
    }
    await this.queues.load();
    await this.retained.restore(super.createRetainedStream("#"));
    // versions up to 0.1.0 had them here
    if ((await this.#store.keys({ ...RETAINED, limit: 1 })).length > 0) await this.#store.clear(RETAINED);
  }

  #subscribe(id: string, filter: string): void {
    let filters = this.sessions.get(id);
    if (!filters) this.sessions.set(id, (filters = new Set()));
    if (!filters.has(filter)) this.#awaited.add(filter, id);
    filters.add(filter);
  }

  #unsubscribe(id: string, filter: string): void {
    const filters = this.sessions.get(id);
    if (!filters?.delete(filter)) return;
    this.#awaited.remove(filter, id);
    if (filters.size === 0) this.sessions.delete(id);
  }

  /** Whether a session may await what comes on topics that end like this, without a wildcard. */
  mayAwait(level: string): boolean {
    return this.#awaited.mayHave(level);
  }

  /**
   * The sessions for which messages on this topic are to be stored, by the id that they have within the broker.
   * @param number of the topic, if that is known
   */
  awaiting(topic: string, number?: number): readonly string[] {
    return this.#awaited.match(topic, number);
  }

  /**
   * Stores what was granted. The library is asked once for each filter of a packet, each time with all of them, those
   * that were refused as well.
   */
  override addSubscriptions(client: { id: string }, subscriptions: Subscription[]): Promise<void> {
    let adding = this.#adding.get(subscriptions);
    if (!adding) {
      const granted = subscriptions.filter(({ topic }) => this.#watch.granted(client, topic));
      for (const { topic } of granted) this.#subscribe(client.id, topic);
      this.#adding.set(subscriptions, (adding = super.addSubscriptions(client, granted)));
    }
    return adding;
  }

  override async removeSubscriptions(client: { id: string }, removed: string[]): Promise<void> {
    for (const filter of removed) this.#unsubscribe(client.id, filter);
    await super.removeSubscriptions(client, removed);
  }

  /** Takes a subscription out of a session, if it has it. */
  async revoke(client: { id: string }, filter: string): Promise<void> {
    if (this.sessions.get(client.id)?.has(filter)) await this.removeSubscriptions(client, [filter]);
  }

  /** A clean session begins: what was stored ends, its queue included, which the library keeps [MQTT-3.1.2-6]. */
  override async cleanSubscriptions(client: { id: string }): Promise<void> {
    this.#watch.ended(client.id);
    if (this.sessions.has(client.id)) await super.cleanSubscriptions(client);
    await this.queues.clear(client.id);
  }

  /** Nothing is queued for subscriptions at QoS 0, which the library would never take out of the queue again. */
  override async subscriptionsByTopic(topic: string): Promise<{ clientId: string; topic: string; qos: number }[]> {
    const subscriptions = await super.subscriptionsByTopic(topic);
    return subscriptions.filter((subscription) => subscription.qos > 0);
  }

  override async storeRetained({ topic, payload, qos }: RetainedPacket): Promise<void> {
    this.retained.store(topic, payload, qos);
  }

  /** Retained messages are sent to those who subscribe by `Express`. */
  override createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  override async destroy(): Promise<void> {
    await this.retained.close();
    await super.destroy();
  }

  override outgoingStream(client: { id: string }): Readable {
    this.#watch.resumed(client);
    return super.outgoingStream(client);
  }

  override async outgoingEnqueue(subscription: { clientId: string }, packet: object): Promise<void> {
    this.queues.added(subscription.clientId);
    await super.outgoingEnqueue(subscription, packet);
  }

  /** The last step of a message at QoS 1 before it goes out: it is in the queue of every session that is to get it. */
  override async outgoingEnqueueCombi(subscriptions: object[], packet: { brokerCounter: number }): Promise<void> {
    if (subscriptions.length > 0) await super.outgoingEnqueueCombi(subscriptions, packet);
    this.queued?.(packet.brokerCounter);
  }

  /** The last step of a message of a session before it is sent. PUBREL, of QoS 2, comes this way as well. */
  override async outgoingUpdate(client: object, packet: { cmd: string; qos?: number }): Promise<void> {
    if (packet.cmd === "publish" && packet.qos === 1) await this.#watch.room(client);
    await super.outgoingUpdate(client, packet);
  }

  /** A clean session has nothing stored; the library looks for it at every acknowledgement. */
  override async outgoingClearMessageId(client: { id: string; clean: boolean }, packet: object): Promise<unknown> {
    if (client.clean) return undefined;
    const cleared = await super.outgoingClearMessageId(client, packet);
    if (cleared) this.queues.removed(client.id);
    return cleared;
  }
}
