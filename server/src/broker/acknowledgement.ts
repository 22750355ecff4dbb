import type { Aedes, Client, PublishPacket } from "aedes";
import type { DurablePersistence } from "./persistence.js";

/** What is used of the broker beside its types. */
interface Counting {
  /** The number of the packet that was published last. */
  readonly counter: number;
}

/**
 * Has messages of QoS 1 stored before they are acknowledged.
 *
 * Aedes acknowledges first and stores then: a message that was acknowledged in between is lost with `kill -9`. Here it is
 * published from the hook that comes before, which goes on when the message is in every queue; aedes' own publishing,
 * after the PUBACK, is then left out.
 */
export class Acknowledgement {
  /** What was published already, or is not to be. */
  readonly #published = new WeakSet<object>();
  /** Messages on their way into the queues, by number. */
  readonly #waiting = new Map<number, () => void>();
  readonly #publish: (packet: PublishPacket, client: Client, done: (error?: Error) => void) => void;
  readonly #broker: Counting;

  constructor(aedes: Aedes, persistence: DurablePersistence) {
    this.#broker = aedes as unknown as Counting;
    const publish = aedes.publish.bind(aedes) as (...args: unknown[]) => void;
    this.#publish = publish;
    aedes.publish = (packet: object, ...rest: unknown[]): void => {
      if (!this.#published.delete(packet)) return publish(packet, ...rest);
      (rest.at(-1) as (error: null) => void)(null);
    };
    persistence.queued = (number) => {
      this.#waiting.get(number)?.();
      this.#waiting.delete(number);
    };
  }

  /** Has a packet acknowledged, and not published: [MQTT-3.3.5-2] leaves that, or ending the connection. */
  discard(packet: PublishPacket): void {
    this.#published.add(packet);
  }

  /** Publishes a packet of a client's; fulfilled when it is stored. It may not have reached everybody by then. */
  stored(packet: PublishPacket, client: Client): Promise<void> {
    this.#published.add(packet);
    return new Promise((resolve, reject) => {
      let number = 0;
      this.#publish(packet, client, (error) => {
        if (!error) return;
        this.#waiting.delete(number);
        reject(error);
      });
      // taken in this very call, before anything else is published
      number = this.#broker.counter;
      this.#waiting.set(number, resolve);
    });
  }
}
