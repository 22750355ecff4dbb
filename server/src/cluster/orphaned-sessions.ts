import { textOf } from "../common/errors.js";
import type { BrokerAddress } from "../transport/url.js";
import { MqttClient } from "../mqtt/client.js";

export interface InheritanceOptions {
  readonly broker: BrokerAddress;
  /** What the sessions of all members are subscribed to. */
  readonly filters: readonly string[];
  /** Where a message can be published that nobody else waits for. @param member whose session is emptied */
  markerOf(member: string): string;
  /** A message that the member had not acknowledged. */
  message(topic: string, payload: Buffer, goneAt: number): Promise<void> | undefined;
  emptied(member: string, messages: number): Promise<void>;
  failed(problem: string): void;
}

/** How long emptying a session may take, in ms; then it is tried again. */
const PATIENCE = 30_000;

/**
 * Takes in what members have left behind at the broker that are gone. A broker keeps, for a client with a persistent
 * session, what it did not acknowledge; it goes on sharing messages out to it, and gives none of them to others (Mosquitto
 * does so, and [MQTT-4.8.2-4] asks for it). So somebody has to come by its name: ends its subscriptions, takes what waited, and ends its session.
 */
export class Inheritance {
  readonly #options: InheritanceOptions;
  readonly #emptying = new Map<string, MqttClient>();

  constructor(options: InheritanceOptions) {
    this.#options = options;
  }

  /** A member is gone, and it is this server that empties its session; nothing happens when it does so already. */
  take(member: string, goneAt: number): void {
    if (this.#emptying.has(member)) return;
    this.#empty(member, goneAt)
      .catch((error: unknown) =>
        this.#options.failed(
          `What waits at the broker for ${member} could not be taken in (${textOf(error)}); it is tried again.`,
        ),
      )
      .finally(() => this.#emptying.delete(member));
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#emptying.values(), (client) => client.close()));
  }

  async #empty(member: string, goneAt: number): Promise<void> {
    const { broker, filters, markerOf, message } = this.#options;
    const marker = markerOf(member);
    const all: Promise<void>[] = [];
    let messages = 0;
    let done = (): void => {};
    let lost = (_error: Error): void => {};
    const marked = new Promise<void>((resolve) => (done = resolve));
    const failing = new Promise<never>((_resolve, reject) => (lost = reject));
    failing.catch(() => {});
    const client = new MqttClient(
      { broker, clientId: member },
      {
        message(topic, payload, retained) {
          if (topic === marker) return void done();
          if (retained) return undefined;
          const taken = message(topic, payload, goneAt);
          messages++;
          if (taken) all.push(taken);
          return taken;
        },
        reconnected() {},
        disconnected() {},
        publishRefused() {},
        closed: () => lost(new Error("the connection was closed")),
      },
    );
    this.#emptying.set(member, client);
    const deadline = setTimeout(() => lost(new Error(`it took more than ${PATIENCE / 1000} s`)), PATIENCE);
    try {
      await client.connect();
      await client.unsubscribe(filters);
      await client.subscribe([marker]);
      // behind all that waits
      client.publish(marker, Buffer.from("{}"), false);
      await Promise.race([marked, failing]);
      await Promise.race([Promise.all(all), failing]);
    } finally {
      clearTimeout(deadline);
      await client.close();
    }
    await endSession(broker, member);
    await this.#options.emptied(member, messages);
  }
}

/** Ends a persistent session: one that begins anew ends with its connection [MQTT-3.1.2-6]. */
async function endSession(broker: BrokerAddress, clientId: string): Promise<void> {
  const client = new MqttClient(
    { broker, clientId, clean: true },
    { message: () => undefined, reconnected() {}, disconnected() {}, publishRefused() {} },
  );
  await client.connect();
  await client.close();
}
