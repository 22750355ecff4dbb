import type { AedesPublishPacket } from "aedes";
import { FilterIndex } from "../mqtt/filter-index.js";

type Deliver = (packet: AedesPublishPacket, done: () => void) => void;
type Done = (error?: Error | null) => void;

/**
 * Hands messages to those who subscribe: the interface of mqemitter, which aedes takes as `mq`. It looks up filters without
 * a wildcard in a map, and keeps no queue, because no client makes another one wait.
 *
 * It calls `done` at once, because aedes removes a closed client from its list, by client id, only after `removeListener` is
 * done. Any later, another client may have the id, and would be removed in its place: both would stay connected.
 */
export class Emitter {
  readonly #subscribers = new FilterIndex<Deliver>();
  #closed = false;

  on(filter: string, deliver: Deliver, done?: Done): this {
    this.#subscribers.add(filter, deliver);
    done?.();
    return this;
  }

  removeListener(filter: string, deliver: Deliver, done?: Done): this {
    this.#subscribers.remove(filter, deliver);
    done?.();
    return this;
  }

  /** Calls `done` when every subscriber has taken the message. */
  emit(packet: AedesPublishPacket, done: Done): this {
    if (this.#closed) {
      done(new Error("the broker is closed"));
      return this;
    }
    const subscribers = this.#subscribers.match(packet.topic);
    let left = subscribers.length;
    if (left === 0) done();
    const taken = (): void => {
      if (--left === 0) done();
    };
    for (const deliver of subscribers) deliver(packet, taken);
    return this;
  }

  close(done: Done): this {
    this.#closed = true;
    setImmediate(done);
    return this;
  }
}
