import type { AedesPublishPacket } from "aedes";
import { FilterIndex } from "../mqtt/filter-index.js";

type DeliverMessage = (packet: AedesPublishPacket, done: () => void) => void;
type DoneCallback = (error?: Error | null) => void;

/**
 * Distributes messages to subscribers. Implements the mqemitter interface that aedes expects as `mq`.
 *
 * Looks up filters without a wildcard in a map. The emitter needs no queue, because delivery to one client never waits
 * for another client.
 *
 * `removeListener` calls `done` synchronously, because aedes then removes the closed client from its list by client id.
 * After a delay, aedes could remove a new client with the same id instead.
 */
export class MessageEmitter {
  readonly #subscribers = new FilterIndex<DeliverMessage>();
  #closed = false;

  on(filter: string, deliver: DeliverMessage, done?: DoneCallback): this {
    this.#subscribers.add(filter, deliver);
    done?.();
    return this;
  }

  removeListener(filter: string, deliver: DeliverMessage, done?: DoneCallback): this {
    this.#subscribers.remove(filter, deliver);
    done?.();
    return this;
  }

  /** Delivers a message. Calls `done` when every subscriber has processed it. */
  emit(packet: AedesPublishPacket, done: DoneCallback): this {
    if (this.#closed) {
      done(new Error("the broker is closed"));
      return this;
    }
    const subscribers = this.#subscribers.findValues(packet.topic);
    let remaining = subscribers.length;
    if (remaining === 0) done();
    const countDelivery = (): void => {
      if (--remaining === 0) done();
    };
    for (const deliver of subscribers) deliver(packet, countDelivery);
    return this;
  }

  close(done: DoneCallback): this {
    this.#closed = true;
    setImmediate(done);
    return this;
  }
}
