import { TopicIndex } from "./topic-index.js";
import { SUBSCRIBED, type Topics } from "./topics.js";

type Packet = { readonly topic: string };
type Done = (error?: Error | null) => void;
/** What aedes has a subscriber's messages handed to. */
export type Deliver = (packet: Packet, done: () => void) => void;

/** A subscription: how aedes delivers, and who may be written to without it, as soon as that is known. */
export interface Subscription<Taker> {
  readonly deliver: Deliver;
  taker: Taker | undefined;
  /** The QoS that was granted. */
  qos: number;
}

/**
 * Who subscribes to what: aedes' emitter, whose interface is that of mqemitter 7, and an index for those who deliver
 * without aedes.
 */
export class Exchange<Taker> {
  readonly #index: TopicIndex<Subscription<Taker>>;
  readonly #byDeliver = new Map<Deliver, Subscription<Taker>>();

  #closed = false;

  constructor(topics: Topics) {
    this.#index = new TopicIndex(topics, SUBSCRIBED);
  }

  on(filter: string, deliver: Deliver, done?: Done): this {
    const subscription = { deliver, taker: undefined, qos: 0 };
    this.#byDeliver.set(deliver, subscription);
    this.#index.add(filter, subscription);
    if (done) setImmediate(done);
    return this;
  }

  removeListener(filter: string, deliver: Deliver, done?: Done): this {
    const subscription = this.#byDeliver.get(deliver);
    if (subscription) {
      this.#byDeliver.delete(deliver);
      this.#index.remove(filter, subscription);
    }
    if (done) setImmediate(done);
    return this;
  }

  /** Hands a message to all subscribers, and is done when each has it. */
  emit(packet: Packet, done: Done): this {
    if (this.#closed) {
      done(new Error("the broker has ended"));
      return this;
    }
    const subscriptions = this.#index.match(packet.topic);
    let left = subscriptions.length + 1;
    const one = (): void => {
      if (--left === 0) done();
    };
    for (const { deliver } of subscriptions) deliver(packet, one);
    one();
    return this;
  }

  close(done: Done): this {
    this.#closed = true;
    setImmediate(done);
    return this;
  }

  /** The subscription that aedes has this function for. */
  of(deliver: Deliver): Subscription<Taker> | undefined {
    return this.#byDeliver.get(deliver);
  }

  /** Whether anybody may subscribe to a topic that ends like this, and without a wildcard. */
  mayHave(level: string): boolean {
    return this.#index.mayHave(level);
  }

  /** The subscriptions that match a topic; one client may have several. @param number of the topic, if that is known */
  match(topic: string, number?: number): readonly Subscription<Taker>[] {
    return this.#index.match(topic, number);
  }
}
