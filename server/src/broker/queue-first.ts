import type { Client } from "aedes";
import { numberOf } from "./numbered.js";

/** How many messages are held back for one client at most. */
const MOST_HELD = 10_000;

type Deliver = (packet: object, done: () => void) => void;

/**
 * What waited for a client is sent before what is published while it is sent: messages of a topic come in order
 * [MQTT-4.6.0-6].
 *
 * Aedes restores a session's subscriptions first and sends its queue afterwards, without holding back what comes in
 * between: a board would do a new action and refuse the older ones. A message that is published in between can be in the
 * queue as well. Aedes would send it again, or, when it was acknowledged meanwhile, find it gone from its store and end
 * the connection: so it is left out here.
 */
export class QueueFirst {
  /** What each client that is being served from its queue has got from there. */
  readonly #queued = new WeakMap<Client, Set<string>>();

  /** To be called for each new client, before it gets anything. */
  watch(client: Client): void {
    const inside = client as unknown as { deliverQoS: Deliver };
    const deliver = inside.deliverQoS;
    const queued = new Set<string>();
    let held: object[] | undefined = [];
    this.#queued.set(client, queued);
    inside.deliverQoS = (packet, done) => {
      if (!held && client.clean) return deliver(packet, done);
      // what a session is to get is stored, and may have to wait for acknowledgements: nobody else waits for that
      if (!held) {
        deliver(packet, () => {});
        return void setImmediate(done);
      }
      // a client that takes its queue slowly gets more of it when it comes again
      if (held.push(packet) > MOST_HELD) client.conn.destroy();
      // the others do not wait for it
      setImmediate(done);
    };
    const release = (): void => {
      const waiting = held ?? [];
      held = undefined;
      this.#queued.delete(client);
      for (const packet of waiting) {
        const number = numberOf(packet);
        if (number === undefined || !queued.has(number)) deliver(packet, () => {});
      }
    };
    // "connected" is told when the queue has been sent; what a client that is gone is to get stays in its queue
    client.once("connected", release);
    client.conn.once("close", release);
  }

  /** This packet is about to be sent to the client: as long as it is held back from everything else, from its queue. */
  sending(client: Client, packet: object): void {
    const number = numberOf(packet);
    if (number !== undefined) this.#queued.get(client)?.add(number);
  }
}
