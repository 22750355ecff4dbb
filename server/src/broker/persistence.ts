import { Readable } from "node:stream";
import AsyncLevelPersistence from "aedes-persistence-level/asyncPersistence.js";
import type { BrokerStore } from "../data.js";
import { ordered } from "./ordered.js";

/** What is kept of a retained message. */
interface RetainedPacket {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
}

/** A retained message that is on disk once `stored` is fulfilled. */
interface Retained extends RetainedPacket {
  readonly cmd: "publish";
  readonly stored: Promise<void>;
}

/**
 * Retained messages, sessions, queues and wills of the embedded broker, kept on disk, so that they survive `kill -9`:
 * aedes-persistence-level 9.2, with faults in order, QoS 0 and cost put right. Retained messages are in memory as well.
 */
export class DurablePersistence extends AsyncLevelPersistence {
  /** Told of the number of each message that is stored, whoever may have to get it. */
  queued: ((number: number) => void) | undefined;
  readonly #retained = new Map<string, Retained>();

  constructor(db: BrokerStore) {
    super(ordered(db));
  }

  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    for await (const packet of super.createRetainedStream("#"))
      this.#remember(packet as RetainedPacket, Promise.resolve());
  }

  /** Nothing is queued for subscriptions at QoS 0, which the library would never take out of the queue again. */
  override async subscriptionsByTopic(topic: string): Promise<{ clientId: string; topic: string; qos: number }[]> {
    const subscriptions = await super.subscriptionsByTopic(topic);
    return subscriptions.filter((subscription) => subscription.qos > 0);
  }

  /** A lamp is told the same again and again: what is stored already is not written again. */
  override async storeRetained(packet: RetainedPacket): Promise<void> {
    const { topic, payload, qos } = packet;
    const known = this.#retained.get(topic);
    if (known && known.qos === qos && known.payload.equals(payload)) return known.stored;
    const stored = super.storeRetained(packet);
    // [MQTT-3.3.1-10]
    if (payload.length === 0) this.#retained.delete(topic);
    else this.#remember(packet, stored);
    return stored;
  }

  /** A retained message now reads so, which need not be stored; without effect where nothing is retained. */
  renew(topic: string, payload: Buffer): void {
    const known = this.#retained.get(topic);
    if (known) this.#retained.set(topic, { ...known, payload });
  }

  #remember({ topic, payload, qos }: RetainedPacket, stored: Promise<void>): void {
    // a copy, because a payload from the wire keeps the whole chunk that it came in
    this.#retained.set(topic, { cmd: "publish", topic, payload: Buffer.from(payload), qos, stored });
    // so that the next attempt writes again
    stored.catch(() => this.#retained.delete(topic));
  }

  /** The retained messages whose topics end in `/<level>`. */
  retainedAt(level: string): RetainedPacket[] {
    return [...this.#retained.values()].filter(({ topic }) => topic.endsWith("/" + level));
  }

  /**
   * Filters without a wildcard are answered from memory, in the turn of the SUBACK: an answer that took longer could
   * bring an old lamp state after a new one. The library reads and decodes every retained message for each filter.
   */
  override createRetainedStreamCombi(filters: string[]): Readable {
    return Readable.from(this.#matching(filters));
  }

  async *#matching(filters: string[]): AsyncGenerator<unknown> {
    for (const filter of filters) {
      const exact = this.#retained.get(filter);
      if (exact) yield exact;
      else if (/[+#]/.test(filter)) yield* super.createRetainedStream(filter);
    }
  }

  /** The last step of a message at QoS 1 before it goes out: it is in the queue of every session that is to get it. */
  override async outgoingEnqueueCombi(subscriptions: object[], packet: { brokerCounter: number }): Promise<void> {
    if (subscriptions.length > 0) await super.outgoingEnqueueCombi(subscriptions, packet);
    this.queued?.(packet.brokerCounter);
  }

  /** A clean session has nothing stored; the library looks for it at every acknowledgement. */
  override async outgoingClearMessageId(client: { id: string; clean: boolean }, packet: object): Promise<unknown> {
    return client.clean ? undefined : super.outgoingClearMessageId(client, packet);
  }
}
